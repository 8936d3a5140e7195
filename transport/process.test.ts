/** Real child processes of this Node: what a pipe can do to us. */

import { expect, test } from 'vitest';
import { gone, type Pid, processOf } from '../testkit/process-table.ts';
import { SystemClock } from '../actors/clock.ts';
import { nodeSpawner, type PipedProcess } from './process.ts';
import type { ProcessExit } from './process-end.ts';

const clock = new SystemClock();

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

const onLinux = test.skipIf(process.platform !== 'linux');

onLinux('it has a process group of its own, so that a Ctrl-C for ours is not for it', async () => {
  const script = `process.stdout.write(require("fs").readFileSync("/proc/self/stat", "latin1")); process.stdin.resume()`;
  const { out } = await run(script, (child) => child.end());
  const [, , group] = out.slice(out.lastIndexOf(')') + 2).split(' ');
  expect(group).toBe(out.split(' ')[0]);
});

onLinux.for([
  ['is killed', '', (child: PipedProcess) => child.kill()],
  ['is told to end', 'process.stdin.resume()', (child: PipedProcess) => child.kill('SIGTERM')],
  ['ends by itself', 'process.stdin.resume()', (child: PipedProcess) => child.end()],
] as const)('what it has started does not outlive it when it %s', async ([, script, act]) => {
  // Ignores the end of its input and holds none of our pipes.
  const idle = `require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1e3)"], { stdio: "ignore" })`;
  let helper: Pid | undefined;
  await run(
    `const helper = ${idle}; helper.unref(); process.stdout.write(String(helper.pid)); ${script}`,
    (child, pid) => {
      helper = processOf(Number(pid));
      act(child);
    },
  );
  if (helper === undefined) throw new Error('no helper was started');
  await gone([helper]);
});
