/**
 * Watches the lines between the gateway and its workers. Invariants: a request is submitted once; what a worker asks of us is
 * answered at once, or its turn would hang; a thread belongs to one response.
 */

import type { MemoryProcess } from '../world/memory-process.ts';
import type { Guest } from './guest.ts';
import { Violation } from './violation.ts';

interface Question {
  readonly process: MemoryProcess;
  readonly method: string;
  readonly at: number;
}

export interface WireOptions {
  readonly now: () => number;
  readonly guest: (tag: string) => Guest | undefined;
  readonly report: (violation: Violation) => void;
}

/** For an answer to a worker's request, with the way there and back. */
const answerMs = 1_000;

const thread = (line: string): string | undefined => /"threadId":"([^"]+)"/.exec(line)?.[1];

export class WireMonitor {
  readonly #options: WireOptions;
  readonly #threads = new Map<string, Guest>();
  readonly #questions = new Map<string, Question>();
  /** Processes by the id of their `initialize`, and those that have refused it. */
  readonly #greeted = new Map<MemoryProcess, string>();
  readonly #refused = new Map<MemoryProcess, number>();

  constructor(options: WireOptions) {
    this.#options = options;
  }

  /** A worker has written a line. */
  said(line: string, process: MemoryProcess): void {
    if (line.startsWith('{"method":"item/agentMessage/delta"')) return;
    if (line.startsWith('{"error"') && line.endsWith(`"id":${this.#greeted.get(process)}}`))
      this.#refused.set(process, this.#options.now());
    const asked = /^\{"method":"([^"]+)","id":([^,]+),/.exec(line);
    if (asked?.[1] !== undefined && asked[1] !== 'item/tool/call') {
      const question = { process, method: asked[1], at: this.#options.now() };
      this.#questions.set(`${process.pid}/${asked[2]}`, question);
    }
    const ends = line.startsWith('{"method":"turn/completed"');
    const fails = line.startsWith('{"method":"error"') && !line.includes('"willRetry":true');
    const samples = line.startsWith('{"method":"rawResponse/completed"');
    if (!ends && !fails && !samples) return;
    const guest = this.#threads.get(thread(line) ?? '');
    if (guest === undefined || guest.endedAt !== null) return;
    if (samples) guest.sampledAt = this.#options.now();
    else guest.finishedAt ??= this.#options.now();
  }

  /** A worker has read a line of ours. */
  told(line: string, process: MemoryProcess): void {
    if (line.startsWith('{"id":') || line.startsWith('{"error"')) {
      const id = /"id":([^,}]+)/.exec(line)?.[1] ?? '';
      this.#questions.delete(`${process.pid}/${id}`);
      return;
    }
    if (line.startsWith('{"method":"initialize"')) this.#greeted.set(process, /"id":(\d+)/.exec(line)?.[1] ?? '');
    if (!line.startsWith('{"method":"thread/inject_items"')) return;
    const threadId = thread(line);
    const tag = /"text":"(r\d+) /.exec(line)?.[1];
    const guest = tag === undefined ? undefined : this.#options.guest(tag);
    if (threadId === undefined || guest === undefined) return;
    if (guest.threadId !== null && guest.threadId !== threadId)
      this.#violate('C-41', `${guest.handle.id} was submitted twice`, guest.handle.id, process);
    const owner = this.#threads.get(threadId);
    if (owner !== undefined && owner !== guest)
      this.#violate('I-5', `${guest.handle.id} and ${owner.handle.id} share a thread`, guest.handle.id, process);
    guest.threadId = threadId;
    if (guest.plan.disturbs) process.disturb();
    this.#threads.set(threadId, guest);
  }

  /** Every so often: questions that nobody has answered, and refusals that nobody has heard. */
  look(now: number): void {
    for (const [process, at] of this.#refused) {
      if (at + answerMs > now) break;
      this.#refused.delete(process);
      if (process.alive) this.#violate('A-64', 'it refused to initialize and lives on', '', process);
    }
    for (const [id, { process, method, at }] of this.#questions) {
      if (at + answerMs > now) return;
      this.#questions.delete(id);
      if (process.alive && !process.disturbed)
        this.#violate('A-46', `${method} was not answered within ${answerMs} ms`, '', process);
    }
  }

  #violate(invariant: string, what: string, response: string, { slot }: MemoryProcess): void {
    this.#options.report(new Violation(invariant, `worker/${slot}: ${what}`, [response, `worker/${slot}`]));
  }
}
