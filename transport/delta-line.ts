/**
 * The one line that the CLI writes thousands of times, read without `JSON.parse`: a delta of a message, in exactly the shape and the
 * escapes that serde gives it. Invariant: a line is either declined, or what is read of it is what `JSON.parse` reads, and the bytes
 * of its delta are those that `JSON.stringify` writes for the same text. Whatever is unusual is declined.
 */

import { SeenBytes } from './seen-bytes.ts';

const quote = 0x22;
const backslash = 0x5c;
/** Longer ones are rare, and an entry of the log has a limit. */
const deltaBytesMax = 16_384;
const nameBytesMax = 256;

const head = Buffer.from('{"method":"item/agentMessage/delta","params":{"threadId":"');
/** Where the id of the thread begins. */
export const threadAt = head.length;
const beforeTurn = Buffer.from('","turnId":"');
const beforeItem = Buffer.from('","itemId":"');
const beforeDelta = Buffer.from('","delta":"');
const beforeTime = Buffer.from(',"emittedAtMs":');

/** Characters that follow a backslash and need no number: `"` `\` b f n r t. */
const short = new Set([0x22, 0x5c, 0x62, 0x66, 0x6e, 0x72, 0x74]);
/** Control characters that have such a letter. */
const lettered = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d]);

const isAt = (bytes: Uint8Array, at: number, literal: Uint8Array): boolean => {
  for (let index = 0; index < literal.length; index += 1) if (bytes[at + index] !== literal[index]) return false;
  return true;
};

/** The end of a name of plain ASCII; -1: it has something else in it. */
const nameEnd = (bytes: Uint8Array, start: number): number => {
  const limit = start + nameBytesMax;
  for (let at = start; at < limit; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) return at;
    if (byte < 0x20 || byte > 0x7e || byte === backslash) return -1;
  }
  return -1;
};

const isTrail = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** Bytes of the code point that begins there, which is none of ASCII; 0: this is not UTF-8. */
const codePointBytes = (bytes: Uint8Array, at: number): number => {
  const first = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  if (!isTrail(second) || first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return 2;
  if (!isTrail(bytes[at + 2])) return 0;
  if (first < 0xf0) return (first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f) ? 0 : 3;
  if (!isTrail(bytes[at + 3])) return 0;
  return (first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f) ? 0 : 4;
};

const hexDigit = (byte: number): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : 16;
};

/** Whether `u00..` follows, as a control character without a letter is written. */
const isControl = (bytes: Uint8Array, at: number): boolean => {
  if (bytes[at] !== 0x75 || bytes[at + 1] !== 0x30 || bytes[at + 2] !== 0x30) return false;
  const [high, low] = [hexDigit(bytes[at + 3] ?? 0), hexDigit(bytes[at + 4] ?? 0)];
  return high < 2 && low < 16 && !lettered.has(high * 16 + low);
};

/** The rest of a line in its usual length. */
const restBytesMin = 8;

/** What was read last. */
export class DeltaLine {
  threadStart = 0;
  threadEnd = 0;
  turnStart = 0;
  turnEnd = 0;
  itemStart = 0;
  itemEnd = 0;
  deltaStart = 0;
  deltaEnd = 0;
  /** Of the text, in UTF-16 and in UTF-8. */
  units = 0;
  utf8Bytes = 0;
  /** See `TextRun.escapesOf`. */
  escapes = 0;
  /** Behind the end of the line. */
  next = 0;
  /** How the line before went on behind its delta: several of one millisecond end alike. */
  #rest: SeenBytes | null = null;

  /** Everything up to the delta. Beyond the end of the bytes nothing is like a line. */
  readHead(bytes: Uint8Array, at: number): boolean {
    if (!isAt(bytes, at, head)) return false;
    this.threadStart = at + head.length;
    this.threadEnd = nameEnd(bytes, this.threadStart);
    if (this.threadEnd === -1 || !isAt(bytes, this.threadEnd, beforeTurn)) return false;
    this.turnStart = this.threadEnd + beforeTurn.length;
    this.turnEnd = nameEnd(bytes, this.turnStart);
    if (this.turnEnd === -1 || !isAt(bytes, this.turnEnd, beforeItem)) return false;
    this.itemStart = this.turnEnd + beforeItem.length;
    this.itemEnd = nameEnd(bytes, this.itemStart);
    if (this.itemEnd === -1 || !isAt(bytes, this.itemEnd, beforeDelta)) return false;
    this.deltaStart = this.itemEnd + beforeDelta.length;
    return true;
  }

  /** The delta that begins there, and the rest of its line; `view` is of the same bytes. */
  readDelta(bytes: Uint8Array, view: DataView, start: number): boolean {
    const limit = Math.min(bytes.length, start + deltaBytesMax);
    let escapes = 0;
    let lessUnits = 0;
    let lessBytes = 0;
    let at = start;
    for (; at < limit; ) {
      const byte = bytes[at] ?? 0;
      if (byte === quote) break;
      if (byte < 0x20) return false;
      if (byte === backslash) {
        const isShort = short.has(bytes[at + 1] ?? 0);
        if (!isShort && !isControl(bytes, at + 1)) return false;
        const length = isShort ? 2 : 6;
        escapes = isShort ? escapes | 1 : 2;
        lessUnits += length - 1;
        lessBytes += length - 1;
        at += length;
      } else if (byte < 0x80) {
        at += 1;
      } else {
        const length = codePointBytes(bytes, at);
        if (length === 0) return false;
        lessUnits += length === 4 ? 2 : length - 1;
        at += length;
      }
    }
    if (at >= limit) return false;
    this.deltaStart = start;
    this.deltaEnd = at;
    this.units = at - start - lessUnits;
    this.utf8Bytes = at - start - lessBytes;
    this.escapes = escapes > 2 ? 2 : escapes;
    return this.#readRest(bytes, view, at + 1);
  }

  #readRest(bytes: Uint8Array, view: DataView, start: number): boolean {
    if (this.#rest?.isAt(view, start) === true) {
      this.next = start + this.#rest.length;
      return true;
    }
    this.next = lineEnd(bytes, start);
    if (this.next - start >= restBytesMin) this.#rest = new SeenBytes(bytes, start, this.next);
    return this.next !== -1;
  }
}

/** What follows the delta: the ends of two objects, and between them the time if it was told. -1: something else. */
function lineEnd(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== 0x7d) return -1;
  let at = start + 1;
  if (bytes[at] === 0x2c) {
    if (!isAt(bytes, at, beforeTime)) return -1;
    at += beforeTime.length;
    const first = at;
    if (bytes[at] === 0x30) return -1;
    for (let byte = bytes[at] ?? 0; byte >= 0x30 && byte <= 0x39; byte = bytes[at] ?? 0) at += 1;
    if (at === first || at - first > 20) return -1;
  }
  if (bytes[at] !== 0x7d) return -1;
  at += bytes[at + 1] === 0x0d ? 2 : 1;
  return bytes[at] === 0x0a ? at + 1 : -1;
}
