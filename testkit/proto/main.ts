/**
 * A fake of `codex proto`, for the legacy mode: one process a request. It reads one line, says what its variant has to say, and
 * stays until its input ends or it is told to go, as the real one does.
 *
 * `FAKE_CODEX_PROTO_CAPTURE` names a file that gets a line `{"args","line"}` for each request; `CHILD_PID_FILE` one that gets
 * the process id; `STREAM_READY_FILE` one that gets it when the line was read.
 */

import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { isVariant, type Step, stepsOf, variantOf } from './variants.ts';

const { env } = process;
const [, path = '', ...args] = process.argv;

const refuse = (words: string): never => {
  process.stderr.write(`error: ${words}\n`);
  process.exit(2);
};

const given = (name: string): string | null => env[name] || null;

const say = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

/** Not before all of it is written. */
const leave = (code: number): void => void process.stdout.write('', () => process.exit(code));

const promptOf = (line: string): string => {
  const { op } = JSON.parse(line) as { op?: { items?: readonly { text?: string }[] } };
  return op?.items?.map(({ text = '' }) => text).join('') ?? '';
};

async function take(step: Step): Promise<void> {
  if ('until' in step) {
    for (let index = 0; index === 0 || (index < step.times && !existsSync(step.until)); index += 1) {
      say(step.event(index));
      await wait(step.everyMs);
    }
  } else if ('event' in step) say(step.event);
  else if ('raw' in step) process.stdout.write(step.raw);
  else if ('stderr' in step) process.stderr.write(step.stderr);
  else if ('waitMs' in step) await wait(step.waitMs);
  else leave(step.exit);
}

if (args[0] !== 'proto') refuse(`unrecognized subcommand '${args[0] ?? ''}'`);
const variant = variantOf(path, args, env);
if (variant === 'unsupported') refuse("unrecognized subcommand 'proto'");
if (!isVariant(variant)) refuse(`there is no variant ${variant}`);

const pidFile = given('CHILD_PID_FILE');
if (pidFile !== null) writeFileSync(pidFile, String(process.pid));
// What is not JSON only, or ends before it has said anything, has no greeting.
if (variant !== 'text' && variant !== 'exit') say({ id: '', msg: { type: 'session_configured', model: 'fake' } });

const input = createInterface({ input: process.stdin });
let answered = false;
input.on('line', (line) => {
  if (answered) return;
  answered = true;
  const [capture, ready] = [given('FAKE_CODEX_PROTO_CAPTURE'), given('STREAM_READY_FILE')];
  if (capture !== null) appendFileSync(capture, `${JSON.stringify({ args, line })}\n`);
  if (ready !== null) writeFileSync(ready, String(process.pid));
  void (async () => {
    for (const step of stepsOf(variant, env, promptOf(line))) await take(step);
  })();
});
input.on('close', () => {
  if (!answered) leave(0);
});
