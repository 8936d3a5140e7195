/** Real child processes of this Node: what a pipe can do to us. */

import { expect, test } from 'vitest';
import type { Clock } from '../actors/seams.ts';
import { nodeSpawner, type PipedProcess, type ProcessExit } from './process.ts';

const clock: Clock = {
  now: () => Date.now(),
  schedule: (delayMs, fire) => {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

const run = async (
  script: string,
  act: (child: PipedProcess, chunk: string) => void = () => {},
  command = process.execPath,
): Promise<{ exit: ProcessExit; out: string; log: string[] }> =>
  new Promise((resolve) => {
    const log: string[] = [];
    let out = '';
    const spec = { command, args: ['-e', script], cwd: '/', env: { PATH: '/usr/bin:/bin' } };
    const child = nodeSpawner(clock)(spec, {
      spawned: () => log.push('spawned'),
      stdout: (chunk) => {
        out += chunk.toString();
        act(child, chunk.toString());
      },
      stderr: () => {},
      drained: () => log.push('drained'),
      exited: (exit) => {
        log.push('exited');
        resolve({ exit, out, log });
      },
    });
    log.push('returned');
  });

test('all output comes before the exit', async () => {
  const { exit, out, log } = await run('process.stdout.write("x".repeat(3e6), () => process.exit(3))');
  expect(out).toHaveLength(3_000_000);
  expect(exit).toEqual({ code: 3, signal: null, reason: 'exit code 3' });
  expect(log).toEqual(['returned', 'spawned', 'exited']);
});

test('a program that does not exist, or a working directory that does not', async () => {
  const { exit, log } = await run('', () => {}, '/nowhere/codex');
  expect(exit).toEqual({ code: null, signal: null, reason: 'spawn failed: ENOENT' });
  expect(log).toEqual(['returned', 'exited']);
});

test('writing to a process that reads no more is harmless; it is killed', async () => {
  const script = 'require("fs").closeSync(0); process.stdout.write("ready"); setInterval(() => {}, 1e3)';
  const { exit } = await run(script, (child) => {
    for (let at = 0; at < 100; at += 1) child.write('x'.repeat(100_000));
  });
  expect(exit).toMatchObject({ signal: 'SIGKILL', reason: 'its input was closed, killed by SIGKILL' });
});

test('a process whose output has ended is killed', async () => {
  const { exit } = await run('require("fs").closeSync(1); setInterval(() => {}, 1e3)');
  expect(exit).toMatchObject({ signal: 'SIGKILL', reason: 'its output ended, killed by SIGKILL' });
});

test('the end of the input ends it; later writes and kills change nothing', async () => {
  let last: PipedProcess | null = null;
  const { exit } = await run('process.stdout.write("ready"); process.stdin.resume()', (child) => {
    last = child;
    child.end();
    child.write('late');
  });
  expect(exit).toMatchObject({ code: 0 });
  (last as PipedProcess | null)?.write('later');
  (last as PipedProcess | null)?.kill();
});

test('a slow reader fills the pipe and drains it', async () => {
  let full = false;
  const script = `process.stdout.write("ready"); let read = 0;
    process.stdin.on("data", (chunk) => { read += chunk.length; if (read === 1e6) setTimeout(() => process.exit(0), 50); })`;
  const { log } = await run(script, (child) => {
    full = !child.write('x'.repeat(1_000_000));
  });
  expect(full).toBe(true);
  expect(log).toContain('drained');
});
