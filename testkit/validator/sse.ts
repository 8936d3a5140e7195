/**
 * An incremental server-sent-events parser after the EventSource specification (WHATWG HTML 9.2): what a conforming
 * client understands, however the bytes are cut. It forgives everything the specification forgives - CRLF, CR, a BOM,
 * unknown fields - so it is the measure for `blocks.ts`, which forgives nothing.
 *
 * Invariant: the events do not depend on how the bytes were divided into chunks.
 */
export interface SseEvent {
  /** `message` when the block had no `event` field. */
  readonly event: string;
  readonly data: string;
  readonly lastEventId: string;
}

export class SseParser {
  readonly #decoder = new TextDecoder('utf-8');
  #rest = '';
  #skipLineFeed = false;
  #event = '';
  #data: string[] = [];
  #lastEventId = '';
  #reconnectMs: number | null = null;

  /** The last `retry:` value, if the stream sent one. */
  get reconnectMs(): number | null {
    return this.#reconnectMs;
  }

  push(chunk: Uint8Array): SseEvent[] {
    let text = this.#decoder.decode(chunk, { stream: true });
    if (text === '') return [];
    if (this.#skipLineFeed && text.startsWith('\n')) text = text.slice(1);
    // A CR at the end of a chunk ends its line now; the LF that may follow belongs to it.
    this.#skipLineFeed = text === '' ? false : text.endsWith('\r');
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#line(line));
  }

  /** An unfinished block is discarded at the end of the stream, as the specification demands. */
  get pending(): boolean {
    return this.#rest !== '' || this.#data.length > 0 || this.#event !== '';
  }

  #line(line: string): SseEvent[] {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return [];
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#lastEventId = value;
    else if (field === 'retry' && /^[0-9]+$/.test(value)) this.#reconnectMs = Number(value);
    return [];
  }

  #dispatch(): SseEvent[] {
    const data = this.#data.join('\n');
    const event = this.#event || 'message';
    const dispatched = this.#data.length > 0 && data !== '';
    this.#data = [];
    this.#event = '';
    return dispatched ? [{ event, data, lastEventId: this.#lastEventId }] : [];
  }
}
