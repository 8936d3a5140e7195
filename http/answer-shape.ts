/** What is told of an answer in place of its words: how much text, its hash, what items and which calls. Read once, at the end. */

import { createHash, hash as digest, type Hash } from 'node:crypto';
import { type Call, isCall } from '../actors/log-entry.ts';
import type { ResponseLog } from '../actors/log.ts';
import { unescape } from './escaped-text.ts';

/** Calls that are told one by one. */
const callsMax = 20;
const nameCharsMax = 128;
/** A text that is copied to be hashed at once. */
const shortBytes = 4_096;
const argumentsBytesMax = 262_144;

export interface CallShape {
  readonly response: string;
  readonly id: string | null;
  readonly name: string | null;
  readonly argumentsBytes: number;
  /** Null: too long to look. */
  readonly isJson: boolean | null;
}

export interface AnswerShape {
  readonly responses: readonly string[];
  readonly textBytes: number;
  /** SHA-256 of the text of all messages; null: there is none. */
  readonly textHash: string | null;
  readonly items: Readonly<Record<string, number>>;
  /** The first ones. */
  readonly calls: readonly CallShape[];
  /** Of the tools that those call, each once. */
  readonly callNames: readonly string[];
}

const none: readonly never[] = [];

export const noAnswer: AnswerShape = {
  responses: none,
  textBytes: 0,
  textHash: null,
  items: {},
  calls: none,
  callNames: none,
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const nameOf = (name: string | null | undefined): string | null => name?.slice(0, nameCharsMax) ?? null;

const callShape = (log: ResponseLog, { callId, name, parts }: Call): CallShape => {
  const texts = parts.map((part) => log.escaped(part.start, part.end));
  let bytes = 0;
  for (const text of texts) unescape(text, (piece) => (bytes += piece.length));
  const [text] = texts;
  const isLooked = text !== undefined && texts.length === 1 && text.length <= argumentsBytesMax;
  return {
    response: log.head.id,
    id: callId?.slice(0, nameCharsMax) ?? null,
    name: nameOf(name),
    argumentsBytes: bytes,
    isJson: isLooked ? isJson(JSON.parse(`"${Buffer.from(text).toString('utf8')}"`) as string) : null,
  };
};

/** SHA-256 of pieces. Most answers are one, whose digest is one call. */
class TextHash {
  #only: Uint8Array | null = null;
  #hash: Hash | null = null;
  bytes = 0;

  /** The piece is somebody else's when this returns. */
  take(piece: Uint8Array): void {
    this.bytes += piece.length;
    if (this.#hash !== null) this.#hash.update(piece);
    else if (this.#only === null && piece.length <= shortBytes) this.#only = Uint8Array.from(piece);
    else {
      this.#hash = createHash('sha256')
        .update(this.#only ?? '')
        .update(piece);
      this.#only = null;
    }
  }

  /** Null: there was nothing. */
  digest(): string | null {
    if (this.#only !== null) return digest('sha256', this.#only, 'hex');
    return this.#hash?.digest('hex') ?? null;
  }
}

/** Everything is read when somebody asks first: most logs tell little of it. */
class LoggedShape implements AnswerShape {
  readonly responses: readonly string[];
  readonly #logs: readonly ResponseLog[];
  #text: TextHash | null = null;
  #textHash: string | null = null;

  constructor(logs: readonly ResponseLog[]) {
    this.#logs = logs;
    this.responses = logs.map(({ head }) => head.id);
  }

  get textBytes(): number {
    return this.#read().bytes;
  }

  get textHash(): string | null {
    this.#read();
    return this.#textHash;
  }

  get items(): Readonly<Record<string, number>> {
    const items: Record<string, number> = {};
    for (const log of this.#logs) for (const { kind } of log.items) items[kind] = (items[kind] ?? 0) + 1;
    return items;
  }

  get calls(): readonly CallShape[] {
    return this.#firstCalls().map(([log, call]) => callShape(log, call));
  }

  get callNames(): readonly string[] {
    const calls = this.#firstCalls();
    return calls.length === 0 ? none : [...new Set(calls.map(([, { name }]) => nameOf(name) ?? ''))];
  }

  #firstCalls(): readonly (readonly [ResponseLog, Call])[] {
    const calls: [ResponseLog, Call][] = [];
    for (const log of this.#logs)
      for (const item of log.items) if (isCall(item) && calls.length < callsMax) calls.push([log, item]);
    return calls;
  }

  #read(): TextHash {
    if (this.#text !== null) return this.#text;
    const text = new TextHash();
    for (const log of this.#logs) {
      for (const { kind, parts } of log.items) {
        if (kind !== 'message') continue;
        for (const { start, end } of parts) unescape(log.escaped(start, end), (piece) => text.take(piece));
      }
    }
    this.#text = text;
    this.#textHash = text.digest();
    return text;
  }
}

export const answerShape = (logs: readonly ResponseLog[]): AnswerShape => new LoggedShape(logs);
