// Runs a child as if by exec: signals are passed on, and the launcher ends as the child ended, by code or by signal.
// Invariant: a signal never ends the launcher before its child, so npm and a terminal see the program's own end.
// One Ctrl-C therefore reaches the child twice (from the terminal's group and from here); programs must expect that.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname } from 'node:path';

const passedOn = process.platform === 'win32' ? ['SIGINT', 'SIGTERM'] : ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'];

/** PATH with this Node first, so that children and npm's own shebang find the same one. */
export function withNodeFirst(execPath, env = process.env) {
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...env, [name]: [dirname(execPath), env[name]].filter(Boolean).join(delimiter) };
}

/** Resolves to `{ code, signal, error }` of a child and `asked`, the last signal passed on; never rejects. */
export function childEnd(command, args, options) {
  return new Promise((done) => {
    const child = spawn(command, args, options);
    let asked;
    const forward = (signal) => {
      asked = signal;
      child.kill(signal);
    };
    for (const signal of passedOn) process.on(signal, forward);
    const settle = (end) => {
      for (const signal of passedOn) process.removeListener(signal, forward);
      done({ ...end, asked });
    };
    child.once('error', (error) => settle({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => settle({ code, signal, error: undefined }));
  });
}

/** Ends this process as the child ended; the promise is never settled. */
export function exitAs({ code, signal }) {
  if (!signal) process.exit(code ?? 1);
  process.kill(process.pid, signal);
  // Delivery may take a turn of the loop; a signal that is ignored here must still end us as a failure.
  return new Promise(() => setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 1000));
}

/** Runs the program with this Node and ends as it ends. */
export async function run(execPath, program, { cwd }) {
  const end = await childEnd(execPath, program, { cwd, env: withNodeFirst(execPath), stdio: 'inherit' });
  if (end.error) throw new Error(`the program could not be started (${end.error.message})`);
  await exitAs(end);
}
