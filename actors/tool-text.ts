/**
 * Finds tool calls that a model has written as text: `<use_tool …>…</use_tool>` and `<tool_call>…</tool_call>`. Such a block is
 * held back from its first character and told as a whole. What is no block is text: one that is never closed, one in which
 * another one of its kind begins, one that is longer than the limit.
 *
 * Invariants: all that is told, in order, is the text; where the text is cut into pieces makes no difference to the blocks; linear
 * in the text.
 */

import type { BufferNews } from './tool-buffer.ts';

export type Tag = 'use_tool' | 'tool_call';

export type Segment = { readonly text: string; readonly tag: Tag | null };

/** UTF-16 units of one block. */
export const blockCharsMax = 1_048_576;

/** In one look, so that text between two of them is read once. */
const nextTags: Readonly<Record<Tag, RegExp>> = {
  use_tool: /<\/use_tool>|<use_tool[\s>]/,
  tool_call: /<\/tool_call>|<tool_call>/,
};
const anyOpening = /<use_tool[\s>]|<tool_call>/;
const longestOpening = '<tool_call>'.length;
const longestTag = '</tool_call>'.length;

/** The longest end of a text that may begin an opening. */
const begunAt = (text: string): number => {
  const at = text.lastIndexOf('<');
  if (at < 0 || text.length - at >= longestOpening) return text.length;
  const end = text.slice(at);
  return '<use_tool'.startsWith(end) || '<tool_call>'.startsWith(end) ? at : text.length;
};

export class ToolText {
  readonly #news: BufferNews;
  readonly #charsMax: number;
  /** The block that is open. */
  #tag: Tag | null = null;
  /** What is held of it, or the beginning of what may open one. */
  #parts: string[] = [];
  #chars = 0;
  /** The end of the open block as far as a tag may go on from it. */
  #tail = '';

  constructor(news: BufferNews, charsMax = blockCharsMax) {
    this.#news = news;
    this.#charsMax = charsMax;
  }

  /** Something is held back. */
  get holding(): boolean {
    return this.#chars > 0;
  }

  push(piece: string): readonly Segment[] {
    const told: Segment[] = [];
    let rest = piece;
    while (rest !== '') rest = this.#tag === null ? this.#outside(rest, told) : this.#inside(this.#tag, rest, told);
    return told;
  }

  /** No more text will come. */
  flush(): readonly Segment[] {
    if (this.#tag !== null) this.#news.aborted('unclosed');
    this.#tag = null;
    const text = this.#taken();
    return text === '' ? [] : [{ text, tag: null }];
  }

  #outside(piece: string, told: Segment[]): string {
    const text = this.#taken() + piece;
    const opening = anyOpening.exec(text);
    const end = opening === null ? begunAt(text) : opening.index;
    if (end > 0) told.push({ text: text.slice(0, end), tag: null });
    if (opening === null) {
      this.#hold(text.slice(end));
      return '';
    }
    return this.#open(
      opening[0] === '<tool_call>' ? 'tool_call' : 'use_tool',
      opening[0],
      text.slice(end + opening[0].length),
    );
  }

  #open(tag: Tag, opening: string, rest: string): string {
    this.#news.started(tag);
    this.#tag = tag;
    this.#tail = '';
    this.#hold(opening);
    return rest;
  }

  #inside(tag: Tag, piece: string, told: Segment[]): string {
    const room = piece.slice(0, this.#charsMax - this.#chars);
    const window = this.#tail + room;
    const from = window.length - room.length;
    const next = nextTags[tag].exec(window);
    if (next !== null) {
      const [found] = next;
      const begun = next.index - from;
      if (found.startsWith('</')) {
        told.push({ text: this.#taken() + room.slice(0, begun + found.length), tag });
        this.#tag = null;
        return piece.slice(begun + found.length);
      }
      this.#news.aborted('nested');
      const held = this.#taken();
      told.push({ text: (held + room.slice(0, Math.max(0, begun))).slice(0, held.length + begun), tag: null });
      return this.#open(tag, found, piece.slice(begun + found.length));
    }
    this.#hold(room);
    this.#tail = window.slice(-(longestTag - 1));
    if (this.#chars < this.#charsMax) return '';
    this.#news.aborted('oversize');
    this.#tag = null;
    told.push({ text: this.#taken(), tag: null });
    return piece.slice(room.length);
  }

  #hold(text: string): void {
    if (text === '') return;
    this.#parts.push(text);
    this.#chars += text.length;
  }

  #taken(): string {
    const text = this.#parts.length === 1 ? (this.#parts[0] ?? '') : this.#parts.join('');
    this.#parts = [];
    this.#chars = 0;
    return text;
  }
}
