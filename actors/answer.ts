/**
 * What a turn's events say of the answer, written into its log: messages, reasoning and calls, one item after another. It
 * knows nothing of deadlines and outcomes.
 *
 * Invariants: an item is written once, whatever upstream repeats about it; an item that was only announced leaves no trace;
 * text that has no place any more breaks the answer, it is never left out.
 */

import type { Bounds } from './bounds.ts';
import { clientCall } from './client-call.ts';
import { type ItemSource, ItemWriter } from './item-writer.ts';
import type { ResponseLog } from './log.ts';
import type { Terms } from './terms.ts';
import type { TurnEvent } from './turn.ts';

type Of<T extends TurnEvent['type']> = Extract<TurnEvent, { type: T }>;

export interface AnswerOptions {
  /** What of it the client may see. */
  readonly bounds: Bounds;
  /** By whose names calls are told. */
  readonly terms: Pick<Terms, 'tools' | 'callIds'>;
  /** Before the first entry of the first item. */
  readonly started: () => void;
  /** A call is complete. */
  readonly called: () => void;
  /** A message began again, or went on after something else: what was delivered cannot be unsaid. */
  readonly broken: () => void;
  /** The text of an item is not what its deltas said. */
  readonly mismatched: () => void;
}

export class Answer {
  readonly #log: ResponseLog;
  readonly #options: AnswerOptions;
  #open: ItemWriter | null = null;
  /** Items that are over, by upstream's ids: late or repeated words about them mean nothing. */
  readonly #over = new Set<string>();
  /** Those of them that something else cut short: more words of theirs cannot be put in order any more. */
  readonly #cut = new Set<string>();

  constructor(log: ResponseLog, options: AnswerOptions) {
    this.#log = log;
    this.#options = options;
  }

  opened(event: Of<'item.opened'>): void {
    const { item: id, kind, phase } = event;
    this.#begin(phase === undefined ? { id, kind } : { id, kind, phase });
  }

  text(event: Of<'text.delta'>): void {
    if (event.delta === '') return;
    if (this.#cut.has(event.item)) this.#options.broken();
    else this.#writer(event.item, 'message')?.append(event.delta);
  }

  summary(event: Of<'summary.opened'> | Of<'summary.delta'>): void {
    const writer = this.#writer(event.item, 'reasoning');
    if (writer?.openSummary(event.index) === true && event.type === 'summary.delta') writer.append(event.delta);
  }

  closed(event: Of<'item.closed'>): void {
    const writer = this.#writer(event.item, event.kind);
    if (writer === null) return;
    if (event.kind === 'message' && !writer.complete(event.text)) this.#options.mismatched();
    writer.release();
    writer.settled = true;
  }

  final(event: Of<'item.final'>): void {
    this.#begin({ id: event.item, kind: event.kind });
    if (this.#open?.source.id !== event.item) return;
    this.#open.finalize(event);
  }

  call(event: Of<'call.requested'>): void {
    if (this.#over.has(event.item)) return;
    this.#over.add(event.item);
    this.finish();
    if (!this.#options.bounds.call(event.arguments)) return;
    const { text, ...tool } = clientCall(event, this.#options.terms.tools);
    const custom = tool.kind === 'custom_tool_call';
    const id = this.#newId(custom ? 'ctc' : 'fc');
    const item = this.#log.openItem({ id, callId: this.#callId(event.callId, id), ...tool });
    const part = this.#log.openPart(item, custom ? 'input' : 'arguments');
    this.#log.append(part, text);
    this.#log.closePart(part);
    this.#log.closeItem(item);
    this.#options.called();
  }

  /** The sampling is over: an item that upstream has closed will not be cut any more. */
  sampled(): void {
    if (this.#open?.settled === true) this.finish();
  }

  /** Ends a whole answer: it is at least one message, be it empty, or a call. */
  complete(): void {
    this.finish();
    if (this.#log.items.some((item) => item.kind !== 'reasoning')) return;
    this.#write({ id: '', kind: 'message' }).finish('completed');
  }

  /** No more text will come. */
  release(): void {
    if (this.#open?.written === true) this.#open.release();
  }

  /** Ends the open item; `incomplete` when it was cut. */
  finish(status: 'completed' | 'incomplete' = 'completed'): void {
    const open = this.#open;
    this.#open = null;
    if (open === null || !(open.written || open.settled)) return;
    if (!open.settled) this.#cut.add(open.source.id);
    open.release();
    open.finish(this.#options.bounds.reached === 'length' ? 'incomplete' : status);
    this.#over.add(open.source.id);
  }

  #begin(source: ItemSource): void {
    if (this.#open?.source.id === source.id || this.#over.has(source.id)) return;
    // What was held back of the item before may have reached a bound.
    if (this.#leave(source.kind) && this.#options.bounds.reached === null) this.#open = this.#write(source);
  }

  #write(source: ItemSource): ItemWriter {
    return new ItemWriter(this.#log, this.#options.bounds, source, (prefix) => this.#newId(prefix));
  }

  /** Leaves the open item; false: a message that begins while one is unfinished is the mark of a repeated sampling. */
  #leave(next: ItemSource['kind']): boolean {
    const open = this.#open;
    const repeated = open !== null && open.written && !open.settled && open.source.kind === 'message';
    if (repeated && next === 'message') {
      this.#options.broken();
      return false;
    }
    this.finish();
    return true;
  }

  /** The writer of an item that may still be written to. */
  #writer(id: string, kind: ItemSource['kind']): ItemWriter | null {
    this.#begin({ id, kind });
    const open = this.#open;
    return open !== null && open.source.id === id && !open.settled ? open : null;
  }

  /** Upstream's own, unless the conversation has it already: the client's outputs say by it which call they answer. */
  #callId(given: string, item: string): string {
    const isTaken = this.#options.terms.callIds.has(given) || this.#log.items.some(({ callId }) => callId === given);
    return given === '' || isTaken ? item.replace(/^[a-z]+/, 'call') : given;
  }

  /** Unique over all responses, because it is made from the response's own id. */
  #newId(prefix: string): string {
    if (this.#log.items.length === 0) this.#options.started();
    return `${prefix}_${this.#log.head.id.replace(/^resp_/, '')}_${this.#log.items.length}`;
  }
}
