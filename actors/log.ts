/**
 * The log of one response: the append-only list of its steps and the single source of truth for every reader. It has
 * exactly one entry for each event of the Responses stream, so an entry's index is its `sequence_number`.
 *
 * Text, summaries and arguments are held once, as JSON-escaped UTF-8: a delta entry is a range of the text tape, closing
 * entries refer to the range of their whole part. An entry costs eight bytes. Nothing can be appended after the outcome.
 */

import { Followers } from './followers.ts';
import { cutBefore, deltaCharsMax } from './code-points.ts';
import type { Head } from './head.ts';
import type { LogRecord } from './log-record.ts';
import { type Ending, type Item, type Part, type PartKind, type Step, stepCodes, stepTypes } from './log-entry.ts';
import { added, ByteTape, Column } from './tape.ts';
import type { JsonObject } from './turn.ts';

export class ResponseLog {
  readonly head: Head;
  items: Item[] = [];
  /** All parts of all items in the order in which they were opened. */
  #parts: Part[] = [];
  /** Type code and subject (or annotation index) of each entry, packed as `code + 16 * subject`. */
  #steps = new Column();
  /** Length of the text tape after each entry. */
  #ends = new Column();
  #text = new ByteTape();
  #ending: Ending | null = null;
  /** What the model really was when upstream changed it. */
  reroutedModel: string | null = null;
  readonly #followers = new Followers();

  constructor(head: Head) {
    this.head = head;
  }

  /** Number of entries; the `sequence_number` of the next one. */
  get length(): number {
    return this.#steps.length;
  }

  get textBytes(): number {
    return this.#text.length;
  }

  /** Length of the text before the entry with that index. */
  textBytesAt(index: number): number {
    return index === 0 ? 0 : this.#ends.at(index - 1);
  }

  get ending(): Ending | null {
    return this.#ending;
  }

  #push(type: Step['type'], subject = 0): void {
    if (this.#ending !== null) throw new Error(`log ${this.head.id}: ${type} after its outcome`);
    this.#steps.push(stepCodes[type] + 16 * subject);
    this.#ends.push(this.#text.length);
  }

  begin(queued = false): void {
    this.#push('created');
    if (queued) this.#push('queued');
    this.#push('in_progress');
  }

  openItem(item: Pick<Item, 'id' | 'kind' | 'callId' | 'name' | 'namespace' | 'phase' | 'continues'>): Item {
    const announced = item.phase === undefined ? {} : { announcedPhase: item.phase };
    const opened: Item = { index: this.items.length, parts: [], status: 'in_progress', ...item, ...announced };
    this.items = added(this.items, opened);
    this.#push('item.added', opened.index);
    return opened;
  }

  /** Arguments and inputs of calls have no part events of their own. */
  openPart(item: Item, kind: PartKind): Part {
    const at = this.#text.length;
    const part: Part = { item: item.index, index: item.parts.length, kind, annotations: [], start: at, end: at };
    item.parts = added(item.parts, part);
    this.#parts = added(this.#parts, part);
    if (kind !== 'arguments' && kind !== 'input') this.#push('part.added', this.#parts.length - 1);
    return part;
  }

  /**
   * Appends text of whole code points to the part opened last; a lone surrogate becomes U+FFFD. A delta is one entry, a very
   * long one several: an entry is also one frame for every reader.
   */
  append(part: Part, delta: string): void {
    this.#demandOpen(part);
    for (let start = 0; start < delta.length; ) {
      const end = cutBefore(delta, start + deltaCharsMax);
      this.#text.write(JSON.stringify(delta.slice(start, end).toWellFormed()).slice(1, -1));
      part.end = this.#text.length;
      this.#push('delta', this.#parts.length - 1);
      start = end;
    }
  }

  /** The same for a delta that is JSON-escaped already, as `JSON.stringify` would do it; no more than `deltaCharsMax` units. */
  appendEscaped(part: Part, bytes: Uint8Array, start: number, end: number): void {
    this.#demandOpen(part);
    this.#text.copyRange(bytes, start, end);
    part.end = this.#text.length;
    this.#push('delta', this.#parts.length - 1);
  }

  #demandOpen(part: Part): void {
    if (part !== this.#parts[this.#parts.length - 1])
      throw new Error(`log ${this.head.id}: delta for a part that is not the open one`);
  }

  /** Beyond 4,096 annotations of a part, or in a part beyond the 65,536th, there is no place for one. */
  annotate(part: Part, annotation: JsonObject): void {
    if (part.annotations.length >= 4_096 || this.#parts.length > 65_536) return;
    part.annotations.push(annotation);
    this.#push('annotation.added', this.#parts.indexOf(part) + 65_536 * (part.annotations.length - 1));
  }

  closePart(part: Part): void {
    // As a rule the one opened last.
    const subject = this.#parts.lastIndexOf(part);
    this.#push('text.done', subject);
    if (part.kind !== 'arguments' && part.kind !== 'input') this.#push('part.done', subject);
  }

  closeItem(item: Item, status: 'completed' | 'incomplete' = 'completed'): void {
    item.status = status;
    this.#push('item.done', item.index);
  }

  /** Ends the log. A failure or cancellation takes two entries, `error` and `closed`; every other outcome one. */
  end(ending: Ending): void {
    if (ending.outcome.type === 'failed' || ending.outcome.type === 'cancelled') this.#push('error');
    this.#push('closed');
    this.#ending = ending;
  }

  /** The entry with that index. */
  step(index: number): Step {
    const cell = this.#steps.at(index);
    const type = stepTypes[cell & 15];
    const subject = Math.floor(cell / 16);
    if (type === undefined || index >= this.length) throw new Error(`log ${this.head.id}: no entry ${index}`);
    if (type === 'item.added' || type === 'item.done') return { type, item: this.#item(subject) };
    if (type === 'part.added' || type === 'part.done' || type === 'text.done') return { type, ...this.#owned(subject) };
    if (type === 'annotation.added') return { type, ...this.#owned(subject & 65_535), annotation: subject >>> 16 };
    if (type !== 'delta') return { type };
    const part = this.#part(subject);
    const start = this.textBytesAt(index);
    return { type, item: this.#item(part.item), part, start, end: this.#ends.at(index) };
  }

  #item(index: number): Item {
    const item = this.items[index];
    if (item === undefined) throw new Error(`log ${this.head.id}: no item ${index}`);
    return item;
  }

  #part(index: number): Part {
    const part = this.#parts[index];
    if (part === undefined) throw new Error(`log ${this.head.id}: no part ${index}`);
    return part;
  }

  #owned(index: number): { item: Item; part: Part } {
    const part = this.#part(index);
    return { item: this.#item(part.item), part };
  }

  /**
   * The part that the delta with that index belongs to, as a number; -1: no delta is there. Readers walk over deltas by this and
   * `copyDelta`, which make no objects; for whatever else there is they ask `step`.
   */
  deltaPart(index: number): number {
    const cell = this.#steps.at(index);
    return index < this.length && (cell & 15) === stepCodes.delta ? Math.floor(cell / 16) : -1;
  }

  /** The part with that number. */
  part(number: number): Part {
    return this.#part(number);
  }

  itemOf(part: Part): Item {
    return this.#item(part.item);
  }

  /** Copies the JSON-escaped text of the delta with that index. */
  copyDelta(index: number, out: ByteTape): void {
    out.copyFrom(this.#text, this.textBytesAt(index), this.#ends.at(index));
  }

  /** A range; a view, valid until the next append. */
  escaped(start: number, end: number): Uint8Array {
    return this.#text.view(start, end);
  }

  /** Hands the JSON-escaped UTF-8 of a range to another tape, which may borrow it. */
  copyEscaped(start: number, end: number, out: ByteTape): void {
    out.borrow(this.#text, start, end);
  }

  /** The text of a part, escaped as it stands between the quotes of a JSON string. */
  escapedText(part: Part): string {
    return this.#text.view(part.start, part.end).toString('utf8');
  }

  /** Whoever follows is called after each batch of entries, never while one is being appended. */
  follow(follower: () => void): () => void {
    return this.#followers.add(follower);
  }

  get followers(): number {
    return this.#followers.size;
  }

  /** End of a batch: readers catch up from their cursors. */
  flush(): void {
    this.#followers.tell();
  }

  toRecord(): LogRecord {
    return {
      head: this.head,
      items: this.items,
      parts: this.#parts.map((part) => [part.item, part.index]),
      steps: this.#steps.view(),
      ends: this.#ends.view(),
      text: this.#text.bytes(),
      ending: this.#ending,
      reroutedModel: this.reroutedModel,
    };
  }

  static fromRecord(record: LogRecord): ResponseLog {
    const log = new ResponseLog(record.head);
    log.items.push(...record.items);
    for (const [item, index] of record.parts) {
      const part = record.items[item]?.parts[index];
      if (part === undefined) throw new Error('log record: a part that its item does not have');
      log.#parts.push(part);
    }
    log.#steps = new Column(record.steps);
    log.#ends = new Column(record.ends);
    log.#text = new ByteTape(record.text);
    log.#ending = record.ending;
    log.reroutedModel = record.reroutedModel;
    return log;
  }
}
