/** What is told of an answer in place of its words: how much text, its hash, what items and which calls. Read once, at the end. */

import { createHash } from 'node:crypto';
import { type Call, isCall, type Part } from '../actors/log-entry.ts';
import type { ResponseLog } from '../actors/log.ts';

/** Calls that are told one by one. */
const callsMax = 20;
const nameCharsMax = 128;

export interface CallShape {
  readonly response: string;
  readonly id: string | null;
  readonly name: string | null;
  readonly argumentsBytes: number;
  readonly isJson: boolean;
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

const plain = (log: ResponseLog, part: Part): string => JSON.parse(`"${log.escapedText(part)}"`) as string;

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const callShape = (log: ResponseLog, { callId, name, parts }: Call): CallShape => {
  const text = parts.map((part) => plain(log, part)).join('');
  return {
    response: log.head.id,
    id: callId?.slice(0, nameCharsMax) ?? null,
    name: name?.slice(0, nameCharsMax) ?? null,
    argumentsBytes: Buffer.byteLength(text),
    isJson: isJson(text),
  };
};

export function answerShape(logs: readonly ResponseLog[]): AnswerShape {
  const hash = createHash('sha256');
  const items: Record<string, number> = {};
  let textBytes = 0;
  for (const log of logs) {
    for (const { kind, parts } of log.items) {
      items[kind] = (items[kind] ?? 0) + 1;
      for (const part of kind === 'message' ? parts : []) {
        const bytes = Buffer.from(plain(log, part));
        hash.update(bytes);
        textBytes += bytes.length;
      }
    }
  }
  const calls = logs.flatMap((log) => log.items.filter(isCall).map((call) => [log, call] as const));
  return {
    responses: logs.map(({ head }) => head.id),
    textBytes,
    textHash: textBytes === 0 ? null : hash.digest('hex'),
    items,
    calls: calls.slice(0, callsMax).map(([log, call]) => callShape(log, call)),
  };
}
