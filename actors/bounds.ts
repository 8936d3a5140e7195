/**
 * What of an answer the client may see: up to its token cap, before its stop sequences, no more calls than it takes. A pure
 * filter of one response; whoever writes the answer asks it about every piece, in order.
 *
 * Tokens are estimated, because no tokenizer is at hand: four bytes of UTF-8 are one. Invariants: what is shown does not
 * depend on how the text was cut into pieces; it ends between code points; once a bound is reached nothing more is shown.
 */

import { StopScanner } from './stop-scanner.ts';
import type { Terms } from './terms.ts';

const bytesPerToken = 4;

const tokensOf = (bytes: number): number => Math.ceil(bytes / bytesPerToken);

/** Whole code points of a text that fit into so many bytes. */
const fitting = (text: string, bytes: number): string =>
  text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(bytes)).read);

/** A stop sequence, the token cap or the size that is kept, or that the calls are all. */
export type Reached = 'stop' | 'length' | 'tools';

export class Bounds {
  readonly #stops: StopScanner;
  readonly #bytesMax: number;
  readonly #callsMax: number;
  #bytes = 0;
  #calls = 0;
  /** Why the answer ends here. */
  reached: Reached | null = null;

  constructor({ stop, tokensMax, callsMax }: Pick<Terms, 'stop' | 'tokensMax' | 'callsMax'>) {
    this.#stops = new StopScanner(stop);
    this.#bytesMax = tokensMax === null ? Number.POSITIVE_INFINITY : tokensMax * bytesPerToken;
    this.#callsMax = callsMax ?? Number.POSITIVE_INFINITY;
  }

  /** Tokens that are shown. */
  get tokens(): number {
    return tokensOf(this.#bytes);
  }

  /** Text of the open message that is held back, because it may begin a stop sequence. */
  get held(): string {
    return this.reached === null ? this.#stops.held : '';
  }

  /** A piece of the text of a message: what can be shown by now. */
  text(piece: string): string {
    return this.#stopped(this.#stops.push(piece));
  }

  /** Whether a piece of that size is shown as it is. If so it counts as shown; if not, `text` has to look at it. */
  passes(utf8Bytes: number): boolean {
    if (this.reached !== null || !this.#stops.isIdle || this.#bytes + utf8Bytes > this.#bytesMax) return false;
    this.#bytes += utf8Bytes;
    return true;
  }

  /** The message ends: what was held back of it. */
  textEnd(): string {
    return this.#stopped(this.#stops.flush());
  }

  /** The same in two steps, for text that goes through more in between: up to a stop sequence, and then what of it has room. */
  unstopped(piece: string): string {
    return this.reached === null ? this.#stops.push(piece) : '';
  }

  unstoppedEnd(): string {
    return this.reached === null ? this.#stops.flush() : '';
  }

  shown(piece: string): string {
    return this.#fit(piece);
  }

  /** What is held back is told by nobody: its message has begun again. */
  forgetHeld(): void {
    this.#stops.forget();
  }

  get stopFound(): boolean {
    return this.#stops.found;
  }

  /** All that came before the stop sequence was shown. */
  stopReached(): void {
    this.reached ??= 'stop';
  }

  /** No further call is waited for. */
  endAfterCalls(): void {
    this.reached ??= 'tools';
  }

  /** A piece of a summary. */
  summary(piece: string): string {
    return this.#fit(piece);
  }

  /** Whether another call can be shown, if there is room for it. */
  get takesCalls(): boolean {
    return this.reached === null && this.#calls < this.#callsMax;
  }

  /** Whether a call can be shown. It is shown whole or not at all: half of its arguments would be of use to nobody. */
  call(input: string): boolean {
    if (!this.takesCalls) return false;
    const bytes = Buffer.byteLength(input);
    if (this.#bytes + bytes > this.#bytesMax) {
      this.reached = 'length';
      return false;
    }
    this.#bytes += bytes;
    this.#calls += 1;
    return true;
  }

  /** The answer has become longer than the gateway keeps. */
  overflow(): void {
    this.reached ??= 'length';
  }

  #fit(piece: string): string {
    if (this.reached !== null) return '';
    const bytes = Buffer.byteLength(piece);
    const room = this.#bytesMax - this.#bytes;
    if (bytes <= room) {
      this.#bytes += bytes;
      return piece;
    }
    this.reached = 'length';
    this.#bytes = this.#bytesMax;
    return fitting(piece, room);
  }

  #stopped(released: string): string {
    const shown = this.#fit(released);
    if (this.#stops.found) this.reached ??= 'stop';
    return shown;
  }
}
