/** Real child processes of this Node, with a pipe to them. */

import { expect, test } from 'vitest';
import { gone, processOf } from '../testkit/process-table.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { nodeSpawner } from './node-process.ts';
import { lastOutputMs } from './process-end.ts';

/** Its child writes on when it has ended, until nobody takes it any more. */
const leavesSomebody = `
const { spawn } = require('node:child_process');
const child = spawn('sh', ['-c', 'while echo late; do sleep 0.01; done'], { stdio: ['ignore', 'inherit', 'ignore'] });
process.stderr.write(String(child.pid), () => process.exit(3));
`;

test('what comes after the exit was told is not delivered, and whoever writes it learns that nobody listens', async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const pid = Promise.withResolvers<number>();
  const exited = Promise.withResolvers<void>();
  const late = Promise.withResolvers<void>();
  const program = { command: process.execPath, args: ['-e', leavesSomebody, '--'], env: { PATH: '/usr/bin:/bin' } };
  nodeSpawner(clock, program)(0, {
    spawned: () => log.push('spawned'),
    stdout: () => {
      log.push('out');
      late.resolve();
    },
    stderr: (chunk) => pid.resolve(Number(chunk.toString())),
    exited: ({ reason }) => {
      log.push(reason);
      exited.resolve();
    },
  });
  const left = processOf(await pid.promise);
  await late.promise;
  await expect.poll(() => clock.pending).toBe(1);
  expect(log).not.toContain('exit code 3');
  clock.advance(lastOutputMs);
  await exited.promise;
  await gone(left === undefined ? [] : [left]);
  expect(log.at(-1)).toBe('exit code 3');
});
