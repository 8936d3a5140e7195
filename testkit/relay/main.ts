/**
 * A worker for `CODEX_BIN` that stands between the gateway and the real CLI: it passes every line on, and does once what
 * `relay.ts` has left for it to do at a step. Invariant: it ends with the CLI, and the CLI with it.
 */

import { spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { resolveBinary } from '../../transport/binary.ts';
import { type Fault, folderVariable, take } from './relay.ts';

interface Message {
  readonly params?: { readonly threadId?: string };
  readonly id?: number;
  readonly method?: string;
}

const real = resolveBinary({ binary: null, cwd: process.cwd(), environment: process.env });
if (!real.found) throw new Error(real.reason);
const cli = spawn(real.command, [...real.args, ...process.argv.slice(2)], { stdio: ['pipe', 'pipe', 'inherit'] });
const folder = process.env[folderVariable] ?? '';

const die = (): void => {
  cli.kill('SIGKILL');
  process.kill(process.pid, 'SIGKILL');
};
const toGateway = (line: string): void => void process.stdout.write(`${line}\n`);
const toCli = (line: string): void => void cli.stdin.write(`${line}\n`);

/** What this worker has taken upon itself, and the request that it is about. */
let fault: Fault | null = null;
let request: number | undefined;
let isAnswered = false;
let refusals = 0;
/** What was sent together with a conversation that found no room finds none either. */
let crowded: string | undefined;
/** The conversation that the turn was sent with, as long as it is not answered: the CLI may answer the turn first. */
let conversation: number | undefined;
/** Of what the CLI says behind its last word nothing is passed on, also when it came together with that. */
let dying = false;

const refuse = (id: number): void =>
  toGateway(JSON.stringify({ id, error: { code: -32_001, message: 'Server overloaded; retry later.' } }));

const asked = (line: string): void => {
  const { id, method = '', params } = JSON.parse(line) as Message;
  if (id !== undefined && method === 'turn/start' && params?.threadId === crowded) return refuse(id);
  if (method === 'thread/inject_items') {
    crowded = undefined;
    conversation = id;
  }
  if (id !== undefined) fault ??= take(folder, method);
  if (id === undefined || fault?.method !== method) return toCli(line);
  request = id;
  if (fault.at === 'asked') return die();
  if (fault.at !== 'refused') return toCli(line);
  refuse(id);
  crowded = method === 'thread/inject_items' ? params?.threadId : undefined;
  refusals += 1;
  if (refusals < (fault.times ?? 1)) return;
  fault = null;
  refusals = 0;
};

const said = (line: string): void => {
  if (dying) return;
  const { id, method } = JSON.parse(line) as Message;
  const isAnswer = request !== undefined && id === request && method === undefined;
  if (isAnswer) isAnswered = true;
  if (method === undefined && id === conversation) conversation = undefined;
  if (request !== undefined && fault?.at === 'answered') return isAnswer ? die() : undefined;
  if (request !== undefined && fault?.at === 'silent') return;
  if (fault?.at !== 'passed' || request === undefined) return toGateway(line);
  const isDue = fault.heard === undefined ? isAnswered && conversation === undefined : method === fault.heard;
  if (!isDue) return toGateway(line);
  dying = true;
  // Only when the gateway has it.
  process.stdout.write(`${line}\n`, die);
};

createInterface(process.stdin).on('line', asked);
process.stdin.once('end', () => cli.stdin.end());
createInterface(cli.stdout).on('line', said);
cli.once('close', (code) => process.exit(code ?? 1));
