/**
 * What a turn's events say of the answer, written into its log: messages, reasoning and calls, one item after another. It
 * knows nothing of deadlines and outcomes.
 *
 * Invariants: an item is written once, whatever upstream repeats about it; an item that was only announced leaves no trace;
 * text that has no place any more breaks the answer, it is never left out.
 */

import type { AnswerOptions } from './answer-options.ts';
import { type ClientCall, clientCall } from './client-call.ts';
import { ItemWriter } from './item-writer.ts';
import type { ResponseLog } from './log.ts';
import { MessageWriter } from './message-writer.ts';
import { MetadataKeys } from './metadata-lines.ts';
import type { OutputTerms } from './terms.ts';
import { canonicalBlock } from './tool-block.ts';
import type { TurnEvent } from './turn.ts';
import type { ItemSource, Writer } from './writer.ts';

type Of<T extends TurnEvent['type']> = Extract<TurnEvent, { type: T }>;

/** Whether messages are more than their text. */
const isTransformed = ({ textCalls, sanitize, suppressTail, blocksMax }: OutputTerms): boolean =>
  textCalls || sanitize || suppressTail || blocksMax !== null;

export class Answer {
  readonly #log: ResponseLog;
  readonly #options: AnswerOptions;
  #open: Writer | null = null;
  /** Of the worker's own data, as far as they are named. */
  readonly metadata = new MetadataKeys();
  /** Items that are over, by upstream's ids: late or repeated words about them mean nothing. */
  #over: Set<string> | null = null;
  /** Those of them that something else cut short: more words of theirs cannot be put in order any more. */
  #cut: Set<string> | null = null;
  /** Of the calls that were told. */
  #callIds: Set<string> | null = null;

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
    if (this.#cut?.has(event.item) === true) this.#options.watcher.broken();
    else this.#writer(event.item, 'message')?.append(event.delta);
  }

  /** Takes at least the delta there, and those behind it that nobody has to look at; returns the first one that is left. */
  run({ item, run }: Of<'text.run'>, from: number): number {
    const open = this.#open;
    if (open !== null && open.source.id === item && !open.settled && this.#cut?.has(item) !== true) {
      const next = open.appendRun(run, from);
      if (next > from) return next;
    }
    this.text({ type: 'text.delta', item, delta: run.text(from) });
    return from + 1;
  }

  summary(event: Of<'summary.opened'> | Of<'summary.delta'>): void {
    const writer = this.#writer(event.item, 'reasoning');
    if (writer?.openSummary(event.index) === true && event.type === 'summary.delta') writer.append(event.delta);
  }

  closed(event: Of<'item.closed'>): void {
    const writer = this.#writer(event.item, event.kind);
    if (writer === null) return;
    this.metadata.add(event.metadata ?? []);
    if (event.kind === 'message' && !writer.complete(event.text)) this.#options.watcher.mismatched();
    writer.settle();
  }

  final(event: Of<'item.final'>): void {
    this.#begin({ id: event.item, kind: event.kind });
    if (this.#open?.source.id !== event.item) return;
    this.metadata.add(event.metadata ?? []);
    this.#open.finalize(event);
  }

  call(event: Of<'call.requested'>): void {
    if (this.#over?.has(event.item) === true) return;
    (this.#over ??= new Set()).add(event.item);
    const { bounds, desk, terms } = this.#options;
    // Calls in text that is complete come first, also where it has waited.
    if (this.#open instanceof MessageWriter && this.#open.settled) this.#open.release();
    const call = clientCall(event, terms.tools);
    const offered = { id: event.callId, name: call.name, input: call.text };
    const verdict = desk.judge(offered);
    if (verdict === 'over') bounds.endAfterCalls();
    if (verdict !== 'told') return;
    if (this.#open instanceof MessageWriter && bounds.takesCalls) this.#open.releaseTail();
    this.finish();
    const block = terms.output.mode === 'obsidian-xml' ? canonicalBlock(call.name, call.text) : null;
    if (!bounds.call(block ?? event.arguments)) return;
    if (block !== null) this.#writeBlock(block);
    desk.tell(offered);
    this.#writeCall(call, event.callId);
  }

  /** A block of text is open, or what may become one. */
  get holding(): boolean {
    return this.#open instanceof MessageWriter && this.#open.holding;
  }

  /** The sampling begins again: what nobody knows of yet comes again, too. */
  retried(): void {
    if (this.#open?.written === false) this.#forget();
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
    const open = this.#open;
    if (open?.written === true || open?.pending === true) open.release();
  }

  /** Nothing more will come: of a message that is told otherwise than it was written, what is held back is told as it is. */
  abandon(): void {
    if (this.#open instanceof MessageWriter) this.#open.release();
  }

  /** Ends the open item; `incomplete` when it was cut. */
  finish(status: 'completed' | 'incomplete' = 'completed'): void {
    const open = this.#open;
    this.#open = null;
    if (open === null || !(open.written || open.settled || open.pending)) return;
    if (!open.settled) (this.#cut ??= new Set()).add(open.source.id);
    open.release();
    open.finish(this.#options.bounds.reached === 'length' ? 'incomplete' : status);
    (this.#over ??= new Set()).add(open.source.id);
  }

  #begin(source: ItemSource): void {
    if (this.#open?.source.id === source.id || this.#over?.has(source.id) === true) return;
    // What was held back of the item before may have reached a bound.
    if (this.#leave(source.kind) && this.#options.bounds.reached === null) this.#open = this.#write(source);
  }

  #write(source: ItemSource): Writer {
    const { bounds, terms, desk, news, watcher } = this.#options;
    const { output } = terms;
    const begin = (prefix: string): string => this.#newId(prefix);
    if (source.kind !== 'message' || !isTransformed(output))
      return new ItemWriter(this.#log, bounds, source, begin, output.stripAnsi);
    return new MessageWriter(source, {
      log: this.#log,
      bounds,
      output,
      desk,
      keys: this.metadata,
      news,
      begin,
      call: (call) => this.#writeCall(call, ''),
      invalid: (message) => watcher.invalid(message),
    });
  }

  /** Leaves the open item; false: a message that begins while one is unfinished is the mark of a repeated sampling. */
  #leave(next: ItemSource['kind']): boolean {
    const open = this.#open;
    const repeated = open !== null && !open.settled && open.source.kind === 'message' && next === 'message';
    if (repeated && open.written) {
      this.#options.watcher.broken();
      return false;
    }
    if (repeated) this.#forget();
    this.finish();
    return true;
  }

  /** Of what was only held back nobody knows. */
  #forget(): void {
    this.#open = null;
    this.#options.bounds.forgetHeld();
  }

  /** A call as it stands in the text of a client that reads calls there: a message of its own. */
  #writeBlock(block: string): void {
    const { desk, terms } = this.#options;
    const continues = desk.afterBlock ? ({ continues: true } as const) : {};
    const item = this.#log.openItem({ id: this.#newId('msg'), kind: 'message', ...continues });
    const part = this.#log.openPart(item, 'text');
    if (desk.afterBlock) this.#log.append(part, terms.output.delimiter);
    this.#log.append(part, block);
    this.#log.closePart(part);
    this.#log.closeItem(item);
    desk.afterBlock = true;
  }

  #writeCall({ text, ...tool }: ClientCall, callId: string): void {
    const custom = tool.kind === 'custom_tool_call';
    const id = this.#newId(custom ? 'ctc' : 'fc');
    const item = this.#log.openItem({ id, callId: this.#callId(callId, id), ...tool });
    const part = this.#log.openPart(item, custom ? 'input' : 'arguments');
    this.#log.append(part, text);
    this.#log.closePart(part);
    this.#log.closeItem(item);
    this.#options.watcher.called();
  }

  /** The writer of an item that may still be written to. */
  #writer(id: string, kind: ItemSource['kind']): Writer | null {
    this.#begin({ id, kind });
    const open = this.#open;
    return open !== null && open.source.id === id && !open.settled ? open : null;
  }

  /** Upstream's own, unless the conversation has it already: the client's outputs say by it which call they answer. */
  #callId(given: string, item: string): string {
    const isTaken = this.#options.terms.callIds.has(given) || this.#callIds?.has(given) === true;
    const id = given === '' || isTaken ? item.replace(/^[a-z]+/, 'call') : given;
    (this.#callIds ??= new Set()).add(id);
    return id;
  }

  /** Unique over all responses, because it is made from the response's own id. */
  #newId(prefix: string): string {
    if (this.#log.items.length === 0) this.#options.watcher.started();
    return `${prefix}_${this.#log.head.id.replace(/^resp_/, '')}_${this.#log.items.length}`;
  }
}
