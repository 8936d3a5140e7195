/**
 * The log as chunks of a chat completion. An entry becomes none, one or a few chunks, always written together. The role
 * comes once and first, when it is known whether the answer begins with text or with a call; messages (and paragraphs of
 * a summary) are parted by a blank line; a summary has no place in this shape once there is content; a failure is one
 * frame and nothing after it.
 */

import type { Head } from '../actors/head.ts';
import type { ResponseLog } from '../actors/log.ts';
import { failureOf, type Item, isCall, type Part, type PartKind, type Step } from '../actors/log-entry.ts';
import type { ByteTape } from '../actors/tape.ts';
import type { Usage } from '../actors/turn.ts';
import type { Timing } from './accounting.ts';
import type { OutputTerms } from '../actors/terms.ts';
import { callOpening, callShapes, choiceClosing, choiceOpening, chunkHead, finishReason } from './chat-frame.ts';
import { DeltaFrame } from './delta-frame.ts';
import { chatError } from './failure-json.ts';
import { callComment } from './output-headers.ts';
import type { Projection } from './projection.ts';
import { chatUsage, emissionTrigger, usageOf } from './usage-json.ts';
import type { Describe } from './wording.ts';

export interface ChatStreamOptions {
  /** Index of the choice that this log is. */
  readonly choice: number;
  /** Of the whole answer. */
  readonly head: Head;
  /** The client asked for a usage chunk after the finish. */
  readonly includeUsage: boolean;
  /** For that chunk. */
  readonly timing: Timing;
  /** What is said of a failure; absent: what the catalogue says. */
  readonly describe?: Describe | undefined;
  /** How calls may end the answer, for the comment on them. */
  readonly stopMode: OutputTerms['stopMode'];
}

type Field = 'content' | 'refusal' | 'reasoning_content';

const fields: Readonly<Record<Exclude<PartKind, 'arguments' | 'input'>, Field>> = {
  text: 'content',
  refusal: 'refusal',
  summary: 'reasoning_content',
};

const fieldTail = Buffer.from(`"}${choiceClosing(null)}`);
const callTail = Buffer.from(`"}}]}${choiceClosing(null)}`);
const done = Buffer.from('data: [DONE]\n\n');

class ChatStream implements Projection {
  readonly repeatable = false;
  readonly #includeUsage: boolean;
  readonly #timing: Timing;
  readonly #describe: Describe | undefined;
  readonly #stopMode: OutputTerms['stopMode'];
  /** The next entry that this reader needs: what it has written depends on all entries before. */
  #next = 0;
  readonly #head: string;
  readonly #opening: string;
  #announced = false;
  /** The message or summary part that wrote last to a field. */
  readonly #writers = new Map<Field, Item | Part>();
  /** The part whose deltas are being written; without a frame they are left out. */
  #part: Part | null = null;
  #frame: DeltaFrame | null = null;
  /** The call that was opened last, counted among the calls. */
  #call = -1;

  constructor(options: ChatStreamOptions) {
    this.#includeUsage = options.includeUsage;
    this.#timing = options.timing;
    this.#describe = options.describe;
    this.#stopMode = options.stopMode;
    this.#head = chunkHead(options.head);
    this.#opening = this.#head + choiceOpening(options.choice);
  }

  project(log: ResponseLog, cursor: number, out: ByteTape, roomBytes: number): number {
    if (cursor !== this.#next) throw new Error(`chat reader of ${log.head.id}: entry ${cursor} after ${this.#next}`);
    while (this.#next < log.length && out.length < roomBytes) {
      const part = log.deltaPart(this.#next);
      if (part >= 0) this.#deltas(log, part, out, roomBytes);
      else {
        this.#entry(log, log.step(this.#next), out);
        this.#next += 1;
      }
    }
    return this.#next;
  }

  finish(out: ByteTape, logs: readonly ResponseLog[]): void {
    const isAnswer = logs.every(({ ending }) => ending !== null && failureOf(ending.outcome) === null);
    const comment = isAnswer ? callComment(logs, this.#stopMode) : null;
    if (comment !== null) out.write(comment);
    const usage = this.#includeUsage ? usageOf(logs) : null;
    // Where nobody knows the usage, no chunk is more honest than one of nulls or zeros.
    if (usage !== null) out.write(`${this.#head}],"event":"usage","usage":${this.#usage(usage, logs)}}\n\n`);
    out.copy(done);
  }

  /** The predecessor's members follow those of OpenAI; what it never knew stays null. */
  #usage(usage: Usage, logs: readonly ResponseLog[]): string {
    const further = {
      time_to_first_token_ms: this.#timing.firstContentMs(),
      total_duration_ms: this.#timing.elapsedMs(),
      time_to_first_token: null,
      throughput_after_first_token: null,
      emission_trigger: emissionTrigger(logs),
    };
    return `${chatUsage(usage).slice(0, -1)},${JSON.stringify(further).slice(1)}`;
  }

  #entry(log: ResponseLog, step: Step, out: ByteTape): void {
    if (step.type === 'item.added') {
      const { item } = step;
      if (!isCall(item)) return;
      this.#announce('null', out);
      this.#call += 1;
      this.#chunk(`{"tool_calls":[{"index":${this.#call},${callOpening(item)}"}}]}`, out);
    } else if (step.type === 'error') out.write(`data: ${chatError(log, this.#describe)}\n\n`);
    else if (step.type === 'closed') this.#close(log, out);
  }

  /** A delta at least, and those of the same part behind it, as far as there is room. */
  #deltas(log: ResponseLog, number: number, out: ByteTape, roomBytes: number): void {
    const part = log.part(number);
    if (part !== this.#part) {
      this.#part = part;
      this.#frame = this.#turnTo(log.itemOf(part), part, out);
    }
    if (this.#frame === null) while (log.deltaPart(this.#next) === number) this.#next += 1;
    // What comes before its first delta is written together with that.
    else this.#next = this.#frame.write(log, this.#next, number, out, Math.max(roomBytes, out.length + 1));
  }

  /** What comes before the first delta of a part. Null: it has no place here. */
  #turnTo(item: Item, part: Part, out: ByteTape): DeltaFrame | null {
    if (part.kind === 'summary' && this.#writers.has('content')) return null;
    if (part.kind === 'arguments' || part.kind === 'input') {
      const { type, textKey } = callShapes[part.kind === 'input' ? 'custom_tool_call' : 'function_call'];
      const call = `{"tool_calls":[{"index":${this.#call},"${type}":{"${textKey}":"`;
      return new DeltaFrame(Buffer.from(this.#opening + call), null, callTail);
    }
    const field = fields[part.kind];
    const writer = part.kind === 'summary' ? part : item;
    const before = this.#writers.get(field);
    this.#announce('""', out);
    if (before !== undefined && before !== writer && item.continues !== true) this.#chunk(`{"${field}":"\\n\\n"}`, out);
    this.#writers.set(field, writer);
    return new DeltaFrame(Buffer.from(`${this.#opening}{"${field}":"`), null, fieldTail);
  }

  #close(log: ResponseLog, out: ByteTape): void {
    if (log.ending === null) throw new Error(`log ${log.head.id}: closed without an ending`);
    const { outcome } = log.ending;
    if (outcome.type === 'failed' || outcome.type === 'cancelled') return;
    this.#announce('""', out);
    out.write(`${this.#opening}{}${choiceClosing(finishReason(log))}`);
  }

  #announce(content: '""' | 'null', out: ByteTape): void {
    if (this.#announced) return;
    this.#announced = true;
    this.#chunk(`{"role":"assistant","content":${content},"refusal":null}`, out);
  }

  #chunk(delta: string, out: ByteTape): void {
    out.write(`${this.#opening}${delta}${choiceClosing(null)}`);
  }
}

/** One per reader, from the first entry on: a chat answer cannot be resumed. */
export const chatStream = (options: ChatStreamOptions): Projection => new ChatStream(options);
