/**
 * A message and the calls that stand in its text, as the log has them: the text in items, a call between two of them, and what is no
 * text left out. Invariants: text and calls keep their order; a block is told whole or not at all; blanks that only parted blocks
 * are no text.
 */

import type { Bounds } from './bounds.ts';
import type { CallDesk } from './call-desk.ts';
import type { ClientCall } from './client-call.ts';
import type { ResponseLog } from './log.ts';
import type { Item, Part } from './log-entry.ts';
import type { OutputTerms } from './terms.ts';
import type { BufferNews } from './tool-buffer.ts';
import type { Tag } from './tool-text.ts';
import type { ItemFinal } from './writer.ts';
import { writtenCall } from './written-call.ts';

export interface PartedOptions {
  readonly log: ResponseLog;
  readonly bounds: Bounds;
  readonly output: OutputTerms;
  readonly desk: CallDesk;
  readonly news: BufferNews;
  /** Called before the first entry of an item; returns its id. */
  readonly begin: (prefix: string) => string;
  readonly call: (call: ClientCall) => void;
  /** A strict tool was called with arguments that it does not take. */
  readonly invalid: (message: string) => void;
}

/** UTF-16 units of text behind a call that are kept for the case that another call follows. */
const tailCharsMax = 1_048_576;
/** Of blanks between blocks. */
const blankCharsMax = 4_096;

export class PartedMessage {
  readonly #options: PartedOptions;
  #phase: string | undefined;
  #item: Item | null = null;
  #part: Part | null = null;
  #annotations: ItemFinal['annotations'] = [];
  /** An item of it was opened. */
  #begun = false;
  /** A call of it was told. */
  #called = false;
  /** Something of the message was told as a call, or is not told at all. */
  #isAltered = false;
  /** Blanks beside a block that is no text any more: nobody wants them alone. Null: text has come. */
  #blank: string | null = '';
  #tail: string[] = [];
  #tailChars = 0;

  constructor(phase: string | undefined, options: PartedOptions) {
    this.#phase = phase;
    this.#options = options;
    const { mode, textCalls } = options.output;
    if (!textCalls || mode === 'obsidian-xml') this.#blank = null;
  }

  /** The log knows of it. */
  get written(): boolean {
    return this.#begun || this.#called;
  }

  /** A piece of its text. */
  text(text: string): void {
    const { desk, output } = this.#options;
    if (desk.full) {
      this.#isAltered = true;
    } else if (output.suppressTail && desk.some) {
      this.#isAltered = true;
      this.#tailChars += text.length;
      if (this.#tailChars <= tailCharsMax) this.#tail.push(text);
      else this.#tail = [];
    } else if (this.#blank === null) {
      this.#write(text);
    } else {
      const all: string = this.#blank + text;
      const isBlank = all.length <= blankCharsMax && all.trim() === '';
      this.#blank = isBlank ? all : null;
      if (!isBlank) this.#write(all);
    }
  }

  /** A whole block. */
  block(text: string, tag: Tag): void {
    const { bounds, desk, output, news, call: tell, invalid } = this.#options;
    if (bounds.reached !== null) return;
    const written = writtenCall(text, tag, output);
    if (written.type === 'invalid') {
      news.flushed('dropped');
      this.#isAltered = true;
      invalid(written.message);
      return;
    }
    if (written.type === 'text') {
      news.flushed('text');
      this.text(text);
      return;
    }
    this.#isAltered = true;
    if (output.mode === 'openai-json') this.#blank = '';
    const { call, block } = written;
    const offered = { id: null, name: call.name, input: call.text };
    const verdict = desk.judge(offered);
    if (verdict !== 'told') {
      news.flushed(verdict === 'over' ? 'dropped' : 'duplicate');
      if (verdict === 'over') bounds.endAfterCalls();
      return;
    }
    if (bounds.takesCalls) this.releaseTail();
    const isShown = output.mode === 'obsidian-xml';
    if (!bounds.call(isShown ? block : call.text)) {
      news.flushed('dropped');
      return;
    }
    if (isShown) this.#writeBlock(block);
    this.#close('completed');
    news.flushed('call');
    this.#called = true;
    desk.tell(offered);
    tell(call);
  }

  /** Another call follows: the text in between is none behind the last one. */
  releaseTail(): void {
    const tail = this.#tail;
    this.#tail = [];
    this.#tailChars = 0;
    for (const text of tail) this.#write(text);
  }

  /** The text is over. */
  end(): void {
    const blank = this.#blank;
    if (blank === null || blank === '' || this.#isAltered) return;
    this.#blank = null;
    this.text(blank);
  }

  finalize({ phase, annotations }: ItemFinal): void {
    this.#phase = phase ?? this.#phase;
    this.#annotations = annotations;
    if (this.#item !== null && phase !== undefined) this.#item.phase = phase;
  }

  finish(status: 'completed' | 'incomplete'): void {
    if (!this.#begun && !this.#isAltered) this.#current();
    const { log } = this.#options;
    if (this.#part !== null) for (const annotation of this.#annotations) log.annotate(this.#part, annotation);
    this.#close(status);
  }

  #write(text: string): void {
    const { bounds, desk, log } = this.#options;
    const shown = bounds.shown(text);
    if (shown === '') return;
    log.append(this.#current(), shown);
    desk.afterBlock = false;
  }

  #writeBlock(block: string): void {
    const { desk, log, output } = this.#options;
    const part = this.#current();
    if (desk.afterBlock) log.append(part, output.delimiter);
    log.append(part, block);
    desk.afterBlock = true;
  }

  #current(): Part {
    if (this.#part !== null) return this.#part;
    const { begin, desk, log } = this.#options;
    const phase = this.#phase;
    const id = begin('msg');
    this.#item = log.openItem({
      id,
      kind: 'message',
      ...(phase === undefined ? {} : { phase }),
      ...(this.#begun ? { continues: true } : {}),
    });
    if (!this.#begun) desk.afterBlock = false;
    this.#begun = true;
    this.#part = log.openPart(this.#item, 'text');
    return this.#part;
  }

  #close(status: 'completed' | 'incomplete'): void {
    const { log } = this.#options;
    if (this.#part !== null) log.closePart(this.#part);
    if (this.#item !== null) log.closeItem(this.#item, status);
    this.#part = null;
    this.#item = null;
  }
}
