/**
 * A worker's own pipes, with nothing between: thread, prompt, turn, and its deltas, as the gateway would ask. Invariant: verified
 * as a stream is: each turn has its deltas and its end.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { nowMicros, stampDigits } from '../play.ts';
import { LineSplitter } from '../shim/line-splitter.ts';
import type { DirectLoad } from './messages.ts';
import type { Meter } from './meter.ts';

interface Turn {
  readonly startedMicros: number;
  lastMicros: number;
  seen: number;
}

const shim = join(import.meta.dirname, '../shim/main.ts');
const deltaMark = '{"method":"item/agentMessage/delta","params":{"threadId":"';
const completedMark = '{"method":"turn/completed","params":{"threadId":"';
const uuidLength = 36;

/** The pipes of one shim, kept between loads. */
export class Direct {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (result: { readonly thread?: { readonly id: string } }) => void>();
  readonly #turns = new Map<string, Turn>();
  #ids = 0;
  #over: (thread: string, turn: Turn) => void = () => {};
  #meter: Meter | null = null;

  constructor() {
    this.#child = spawn(process.execPath, [shim, 'app-server'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = new LineSplitter((line) => this.#hear(line));
    this.#child.stdout?.on('data', (chunk: Buffer) => lines.take(chunk));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  async open(): Promise<void> {
    const capabilities = {
      experimentalApi: true,
      optOutNotificationMethods: [
        'thread/started',
        'thread/status/changed',
        'turn/started',
        'account/rateLimits/updated',
      ],
    };
    await this.#ask('initialize', { clientInfo: { name: 'bench', title: null, version: '1' }, capabilities });
  }

  run(load: DirectLoad, meter: Meter, failed: (why: string) => void, over: () => void): void {
    let begun = 0;
    let ended = 0;
    this.#meter = meter;
    const late = setTimeout(() => failed(`no end of the turns within ${load.timeoutMs} ms`), load.timeoutMs);
    const next = (): void => {
      if (begun === load.streams) return;
      begun += 1;
      void this.#begin(load.prompt);
    };
    this.#over = (thread, { seen, startedMicros }) => {
      this.#tell('thread/unsubscribe', { threadId: thread });
      if (seen !== load.deltas) return failed(`${seen} deltas instead of ${load.deltas}`);
      meter.finished += 1;
      meter.deltas += seen;
      meter.whole(nowMicros() - startedMicros);
      ended += 1;
      if (ended < load.streams) return next();
      clearTimeout(late);
      over();
    };
    for (let index = 0; index < load.concurrent; index += 1)
      setTimeout(next, (load.rampMs * index) / Math.max(1, load.concurrent));
  }

  async #begin(prompt: string): Promise<void> {
    const startedMicros = nowMicros();
    const start = {
      model: 'gpt-6.1-sol',
      ephemeral: true,
      baseInstructions: '',
      approvalPolicy: 'never',
      sandbox: 'read-only',
      environments: [],
      experimentalRawEvents: true,
    };
    const threadId = (await this.#ask('thread/start', start)).thread?.id ?? '';
    this.#turns.set(threadId, { startedMicros, lastMicros: 0, seen: 0 });
    const content = [{ type: 'input_text', text: prompt }];
    await this.#ask('thread/inject_items', { threadId, items: [{ type: 'message', role: 'user', content }] });
    this.#tell('turn/start', { threadId, input: [] });
  }

  #tell(method: string, params: object): number {
    this.#ids += 1;
    this.#child.stdin?.write(`${JSON.stringify({ method, id: this.#ids, params })}\n`);
    return this.#ids;
  }

  #ask(method: string, params: object): Promise<{ readonly thread?: { readonly id: string } }> {
    return new Promise((resolve) => this.#waiting.set(this.#tell(method, params), resolve));
  }

  #hear(line: string): void {
    if (line.startsWith(deltaMark)) return this.#delta(line);
    if (line.startsWith('{"id":')) {
      const { id, result } = JSON.parse(line) as { id: number; result: { thread?: { id: string } } };
      const answered = this.#waiting.get(id);
      this.#waiting.delete(id);
      return answered?.(result);
    }
    if (!line.startsWith(completedMark)) return;
    const thread = line.slice(completedMark.length, completedMark.length + uuidLength);
    const turn = this.#turns.get(thread);
    this.#turns.delete(thread);
    if (turn !== undefined) this.#over(thread, turn);
  }

  #delta(line: string): void {
    const turn = this.#turns.get(line.slice(deltaMark.length, deltaMark.length + uuidLength));
    const meter = this.#meter;
    if (turn === undefined || meter === null) return;
    const now = nowMicros();
    const at = line.indexOf('"delta":"t=') + 11;
    meter.bytes += line.length + 1;
    if (turn.seen === 0) meter.first(now - turn.startedMicros);
    else meter.gap(now - turn.lastMicros, now);
    meter.lag(now - Number(line.slice(at, at + stampDigits)));
    turn.seen += 1;
    turn.lastMicros = now;
  }
}
