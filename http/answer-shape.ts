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
}

export const noAnswer: AnswerShape = { responses: [], textBytes: 0, textHash: null, items: {}, calls: [] };

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const callShape = (log: ResponseLog, { callId, name, parts }: Call): CallShape => {
  const texts = parts.map((part) => log.escaped(part.start, part.end));
  let bytes = 0;
  for (const text of texts) unescape(text, (piece) => (bytes += piece.length));
  const [text] = texts;
  const isLooked = text !== undefined && texts.length === 1 && text.length <= argumentsBytesMax;
  return {
    response: log.head.id,
    id: callId?.slice(0, nameCharsMax) ?? null,
    name: name?.slice(0, nameCharsMax) ?? null,
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

/** Of the text of all messages, read when somebody asks first: most logs tell neither. */
class TextShape {
  readonly #logs: readonly ResponseLog[];
  #read: { readonly bytes: number; readonly hash: string | null } | null = null;

  constructor(logs: readonly ResponseLog[]) {
    this.#logs = logs;
  }

  get bytes(): number {
    return this.#shape().bytes;
  }

  get hash(): string | null {
    return this.#shape().hash;
  }

  #shape() {
    if (this.#read !== null) return this.#read;
    const hash = new TextHash();
    for (const log of this.#logs) {
      for (const { kind, parts } of log.items) {
        for (const part of kind === 'message' ? parts : []) {
          unescape(log.escaped(part.start, part.end), (piece) => hash.take(piece));
        }
      }
    }
    this.#read = { bytes: hash.bytes, hash: hash.digest() };
    return this.#read;
  }
}

export function answerShape(logs: readonly ResponseLog[]): AnswerShape {
  const items: Record<string, number> = {};
  for (const log of logs) for (const { kind } of log.items) items[kind] = (items[kind] ?? 0) + 1;
  const calls = logs.flatMap((log) => log.items.filter(isCall).map((call) => [log, call] as const));
  const text = new TextShape(logs);
  return {
    responses: logs.map(({ head }) => head.id),
    get textBytes() {
      return text.bytes;
    },
    get textHash() {
      return text.hash;
    },
    items,
    calls: calls.slice(0, callsMax).map(([log, call]) => callShape(log, call)),
  };
}
