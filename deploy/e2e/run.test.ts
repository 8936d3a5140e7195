import { expect, test } from 'vitest';
import { allowRuns, run, stopRuns, tryRun } from './run.ts';

test('what is asked to end ends, nothing begins after it, and cleaning up may go on', async () => {
  const waiting = run('sleep', ['30']);
  stopRuns();
  await expect(waiting).rejects.toThrow('sleep 30: exit null');
  await expect(tryRun('true', [])).rejects.toThrow('true was not started any more');
  allowRuns();
  expect((await tryRun('true', [])).code).toBe(0);
});

test('a program over its limit is ended, and one that is missing is named', async () => {
  const { code, stderr } = await tryRun('sleep', ['30'], { limitSeconds: 0.1 });
  expect([code, stderr]).toEqual([null, expect.stringContaining('over its limit')]);
  await expect(run('no-such-program', [])).rejects.toThrow('no-such-program could not be started');
});
