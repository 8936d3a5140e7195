// The launcher ends as its program ends. Each case starts two real processes, so there are few.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const runner = fileURLToPath(new URL('./launch-run.mjs', import.meta.url));

function launch(script) {
  const program = `import { run } from ${JSON.stringify(runner)}; await run(process.execPath, ['-e', ${JSON.stringify(script)}], { cwd: '.' });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, end: new Promise((done) => child.once('close', (code, signal) => done({ code, signal }))) };
}

it('ends with the code of the program', async () => {
  expect(await launch('process.exit(7)').end).toEqual({ code: 7, signal: null });
});

it('ends with the signal of the program', async () => {
  expect(await launch("process.kill(process.pid, 'SIGKILL')").end).toEqual({ code: null, signal: 'SIGKILL' });
});

it('passes SIGTERM on and waits for the program to drain', async () => {
  const { child, end } = launch(
    "process.on('SIGTERM', () => process.exit(3)); console.log('up'); setInterval(() => {}, 1e6)",
  );
  child.stdout.once('data', () => child.kill('SIGTERM'));
  expect(await end).toEqual({ code: 3, signal: null });
});
