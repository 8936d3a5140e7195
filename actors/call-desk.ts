/**
 * Which calls of one response are told: not twice what the model has both called and written, no repeats where they are not
 * wanted, no more than are wanted. Invariant: what it decides depends on the calls and their order alone.
 */

import type { OutputTerms } from './terms.ts';
import { canonicalBlock } from './tool-block.ts';

export interface OfferedCall {
  /** Null: it has none, because it was written as text. */
  readonly id: string | null;
  readonly name: string;
  readonly input: string;
}

/** Of the calls that were told. */
interface Book {
  readonly ids: Set<string>;
  readonly told: Set<string>;
  /** Told in one of the two ways, and not in the other one yet. */
  readonly called: Map<string, number>;
  readonly written: Map<string, number>;
}

export type Verdict = 'told' | 'repeated' | 'over';

export class CallDesk {
  readonly #output: OutputTerms;
  /** Nothing is asked for that it would have to decide. */
  readonly #isIdle: boolean;
  /** Null: no call was told yet that would have to be remembered. */
  #book: Book | null = null;
  #count = 0;
  /** There was one more than are wanted. */
  more = false;
  /** The text that was told last is a block. */
  afterBlock = false;

  constructor(output: OutputTerms) {
    this.#output = output;
    const { mode, textCalls, blocksMax, dedup } = output;
    this.#isIdle = mode === 'openai-json' && !textCalls && blocksMax === null && !dedup;
  }

  /** Some were told. */
  get some(): boolean {
    return this.#count > 0;
  }

  /** As many as are wanted. */
  get full(): boolean {
    return this.#output.blocksMax !== null && this.#count >= this.#output.blocksMax;
  }

  /** The answer ends with the call that was told last. */
  get closes(): boolean {
    return this.#output.stopMode === 'first' && (this.#output.stopAfterCalls || this.full);
  }

  /** It ends unless another call follows soon. */
  get waits(): boolean {
    return this.some && this.#output.stopMode === 'burst' && (this.#output.stopAfterCalls || this.full);
  }

  /** How long another one is waited for. */
  get graceMs(): number {
    return this.#output.stopGraceMs;
  }

  judge(call: OfferedCall): Verdict {
    if (this.#isIdle) return 'told';
    const key = canonicalBlock(call.name, call.input);
    if (this.#isTwin(call, key)) return 'repeated';
    const book = this.#book;
    const isRepeat = book !== null && (book.told.has(key) || (call.id !== null && book.ids.has(call.id)));
    if (this.#output.dedup && isRepeat) return 'repeated';
    if (this.full) {
      this.more = true;
      return 'over';
    }
    return 'told';
  }

  /** A call that was judged so was told. */
  tell(call: OfferedCall): void {
    this.#count += 1;
    if (this.#isIdle) return;
    const key = canonicalBlock(call.name, call.input);
    this.#book ??= { ids: new Set(), told: new Set(), called: new Map(), written: new Map() };
    const { ids, told, called, written } = this.#book;
    told.add(key);
    if (call.id !== null) ids.add(call.id);
    const same = call.id === null ? written : called;
    same.set(key, (same.get(key) ?? 0) + 1);
  }

  /** The model has told this very call in the other way before. */
  #isTwin({ id }: OfferedCall, key: string): boolean {
    const others = id === null ? this.#book?.called : this.#book?.written;
    const count = others?.get(key) ?? 0;
    if (count === 0) return false;
    others?.set(key, count - 1);
    return true;
  }
}
