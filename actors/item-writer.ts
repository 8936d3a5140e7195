/**
 * Writes one message or reasoning item into the log, as late as possible: an item that upstream announces and then abandons
 * leaves no trace. It keeps the truth text: what the deltas said, completed by the item's own text where that goes further.
 */

import { AnsiStripper, withoutColours } from './ansi.ts';
import type { Bounds } from './bounds.ts';
import type { ResponseLog } from './log.ts';
import type { Item, Part } from './log-entry.ts';
import { goesOn } from './said-text.ts';
import type { TextRun } from './text-run.ts';
import type { ItemFinal, ItemSource, Writer } from './writer.ts';

const noBytes = new Uint8Array(0);
const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

export class ItemWriter implements Writer {
  readonly source: ItemSource;
  readonly #log: ResponseLog;
  readonly #bounds: Bounds;
  /** Called before the first entry of the item; returns the item's id. */
  readonly #begin: (prefix: string) => string;
  readonly #ansi: AnsiStripper | null;
  #item: Item | null = null;
  #part: Part | null = null;
  /** UTF-16 units of the current part that the client has, or will not see. */
  #length = 0;
  /** A high surrogate that waits for its partner: deltas carry whole code points. */
  #held = '';
  /** Upstream has closed the item; only its raw form may still add to it. */
  settled = false;
  #finalized = false;

  constructor(
    log: ResponseLog,
    bounds: Bounds,
    source: ItemSource,
    begin: (prefix: string) => string,
    stripAnsi = false,
  ) {
    this.#log = log;
    this.#bounds = bounds;
    this.source = source;
    this.#begin = begin;
    this.#ansi = stripAnsi && source.kind === 'message' ? new AnsiStripper() : null;
  }

  get written(): boolean {
    return this.#item !== null;
  }

  get pending(): boolean {
    return this.#ansi?.held === true;
  }

  append(delta: string): void {
    const piece = this.#ansi === null ? delta : this.#ansi.push(delta);
    if (piece !== '') this.#append(piece);
  }

  appendRun(run: TextRun, from: number): number {
    const part = this.#part;
    if (part === null || part.kind !== 'text' || this.#held !== '' || this.#ansi?.held === true) return from;
    // An ESC has no letter.
    const escapesMax = this.#ansi === null ? 2 : 1;
    let at = from;
    for (; at < run.length; at += 1) {
      if (run.escapesOf(at) > escapesMax || !this.#bounds.passes(run.utf8BytesOf(at))) break;
      this.#length += run.unitsOf(at);
      this.#log.appendEscaped(part, run.bytes, run.startOf(at), run.endOf(at));
    }
    return at;
  }

  #append(piece: string): void {
    const whole = this.#held + piece;
    const text = isHigh(whole.charCodeAt(whole.length - 1)) ? whole.slice(0, -1) : whole;
    this.#held = whole.slice(text.length);
    this.#length += text.length;
    if (text !== '') this.#write(text.isWellFormed() ? text : text.toWellFormed());
  }

  openSummary(index: number): boolean {
    const item = this.#opened();
    if (item.parts.length === index + 1) return true;
    if (item.parts.length !== index) return false;
    this.#closePart();
    this.#part = this.#log.openPart(item, 'summary');
    this.#length = 0;
    return true;
  }

  complete(given: string): boolean {
    const text = this.#ansi === null ? given : withoutColours(given);
    const paired = isHigh(text.charCodeAt(this.#length)) && isLow(text.charCodeAt(this.#length + 1));
    if (this.#held !== '' && !paired) this.#releaseHeld();
    if (
      !goesOn(
        text,
        this.#part === null ? noBytes : this.#log.escaped(this.#part.start, this.#part.end),
        this.#bounds.held,
      )
    )
      return false;
    this.#held = '';
    this.#ansi?.drop();
    const rest = text.slice(this.#length);
    if (rest !== '') this.#append(rest);
    return true;
  }

  settle(): void {
    this.release();
    this.settled = true;
  }

  release(): void {
    const rest = this.#ansi?.flush() ?? '';
    if (rest !== '') this.#append(rest);
    this.#releaseHeld();
    if (this.source.kind === 'message' && this.#part !== null) this.#log.append(this.#part, this.#bounds.textEnd());
  }

  /** The item stays open: whether it was cut short is known when the sampling is over. */
  finalize(final: ItemFinal): void {
    if (this.#finalized) return;
    this.#finalized = true;
    this.settled = true;
    const item = this.#opened();
    if (final.phase !== undefined) item.phase = final.phase;
    if (final.encrypted !== undefined) item.encrypted = final.encrypted;
    for (const annotation of final.annotations) this.#log.annotate(this.#current(), annotation);
  }

  finish(status: 'completed' | 'incomplete'): void {
    const item = this.#opened();
    if (this.source.kind === 'message') this.#current();
    this.#closePart();
    this.#log.closeItem(item, status);
  }

  #opened(): Item {
    if (this.#item !== null) return this.#item;
    const { kind, phase } = this.source;
    const id = this.#begin(kind === 'message' ? 'msg' : 'rs');
    this.#item = this.#log.openItem(phase === undefined ? { id, kind } : { id, kind, phase });
    return this.#item;
  }

  #current(): Part {
    this.#part ??= this.#log.openPart(this.#opened(), this.source.kind === 'message' ? 'text' : 'summary');
    return this.#part;
  }

  #releaseHeld(): void {
    if (this.#held === '') return;
    this.#held = '';
    this.#length += 1;
    this.#write('\ufffd');
  }

  /** The part is there even if nothing of the text can be shown yet: the answer has begun. */
  #write(text: string): void {
    const part = this.#current();
    this.#log.append(part, this.source.kind === 'message' ? this.#bounds.text(text) : this.#bounds.summary(text));
  }

  #closePart(): void {
    this.release();
    if (this.#part !== null) this.#log.closePart(this.#part);
    this.#part = null;
  }
}
