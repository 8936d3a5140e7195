/**
 * Writes one message whose text is not told as the model has written it: without colours, without lines of metadata, with the calls
 * that stand in it told as calls.
 *
 * The text passes one stage after the other: colours, code points, metadata, stop sequences, blocks; what is left of it is told by
 * `parted-message.ts`. Invariants: as in `item-writer.ts`; what is told, and in which order, does not depend on how the text was cut
 * into pieces.
 */

import { AnsiStripper, withoutColours } from './ansi.ts';
import { CodePoints } from './code-points.ts';
import { type MetadataKeys, MetadataLines } from './metadata-lines.ts';
import { PartedMessage, type PartedOptions } from './parted-message.ts';
import { TextDigest } from './text-digest.ts';
import type { TextRun } from './text-run.ts';
import { ToolText } from './tool-text.ts';
import type { ItemFinal, ItemSource, Writer } from './writer.ts';

export interface MessageOptions extends PartedOptions {
  readonly keys: MetadataKeys;
}

export class MessageWriter implements Writer {
  readonly source: ItemSource;
  settled = false;
  readonly #options: MessageOptions;
  readonly #ansi: AnsiStripper | null;
  readonly #points = new CodePoints();
  readonly #lines: MetadataLines | null;
  readonly #tools: ToolText | null;
  readonly #told: PartedMessage;
  /** The text without colours. */
  readonly #said = new TextDigest();
  #finalized = false;

  constructor(source: ItemSource, options: MessageOptions) {
    this.source = source;
    this.#options = options;
    const { output, keys, news } = options;
    this.#ansi = output.stripAnsi ? new AnsiStripper() : null;
    this.#lines = output.sanitize ? new MetadataLines(keys) : null;
    this.#tools = output.textCalls ? new ToolText(news) : null;
    this.#told = new PartedMessage(source.phase, options);
  }

  get written(): boolean {
    return this.#told.written;
  }

  get pending(): boolean {
    return this.#said.length > 0;
  }

  /** A block is open. */
  get holding(): boolean {
    return this.#tools?.holding === true;
  }

  append(delta: string): void {
    this.#take(this.#ansi === null ? delta : this.#ansi.push(delta));
  }

  appendRun(_run: TextRun, from: number): number {
    return from;
  }

  openSummary(): boolean {
    return false;
  }

  complete(text: string): boolean {
    const whole = this.#ansi === null ? text : withoutColours(text);
    if (!this.#said.begins(whole)) return false;
    this.#ansi?.drop();
    this.#take(whole.slice(this.#said.length));
    return true;
  }

  settle(): void {
    // Which lines are metadata may be known when the sampling is over.
    if (this.#lines === null) this.release();
    this.settled = true;
  }

  release(): void {
    this.#take(this.#ansi?.flush() ?? '');
    this.#clean(this.#points.flush());
    this.#scan(this.#lines?.flush() ?? '');
    this.#find(this.#options.bounds.unstoppedEnd());
    this.#end();
  }

  /** Another call follows: the text in between is none behind the last one. */
  releaseTail(): void {
    this.#told.releaseTail();
  }

  finalize(final: ItemFinal): void {
    if (this.#finalized) return;
    this.#finalized = true;
    this.settled = true;
    this.#told.finalize(final);
  }

  finish(status: 'completed' | 'incomplete'): void {
    this.release();
    this.#told.finish(status);
  }

  #take(text: string): void {
    if (text === '') return;
    this.#said.add(text);
    this.#clean(this.#points.push(text));
  }

  #clean(text: string): void {
    this.#scan(this.#lines === null || text === '' ? text : this.#lines.push(text));
  }

  #scan(text: string): void {
    if (text === '') return;
    const { bounds } = this.#options;
    this.#find(bounds.unstopped(text));
    if (bounds.stopFound) this.#end();
  }

  #find(text: string): void {
    if (text === '') return;
    if (this.#tools === null) {
      this.#told.text(text);
      return;
    }
    for (const segment of this.#tools.push(text)) {
      if (segment.tag === null) this.#told.text(segment.text);
      else this.#told.block(segment.text, segment.tag);
    }
  }

  /** The text is over, or nothing behind this point is shown. */
  #end(): void {
    const { bounds } = this.#options;
    for (const { text } of this.#tools?.flush() ?? []) this.#told.text(text);
    this.#told.end();
    if (bounds.stopFound) bounds.stopReached();
  }
}
