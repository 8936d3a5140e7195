import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { folderVariable, Relay } from './relay.ts';

test('a worker that looks for a fault while one is being left finds it whole, or not at all', async () => {
  const relay = new Relay();
  onTestFinished(() => relay.remove());
  const folder = relay.environment[folderVariable] ?? '';
  const worker = fork(join(import.meta.dirname, 'looking.ts'), [folder]);
  onTestFinished(() => void worker.kill());
  const ended = once(worker, 'exit');
  await once(worker, 'message');
  for (let left = 0; left < 500; left += 1) relay.leave({ at: 'asked', method: 'turn/start' });
  relay.leave({ at: 'asked', method: 'thread/start' });
  expect(await ended).toEqual([0, null]);
  expect(relay.left).toBe(500);
});
