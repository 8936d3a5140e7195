/**
 * What is kept of responses that are over, so that a client can read them again and go on from them. Each refers to the one
 * it went on from, and whoever holds it holds all that came before: whatever becomes of their ids, a conversation stays whole
 * as long as its newest response is kept.
 */

import type { LogRecord } from './log-record.ts';
import type { Json } from './turn.ts';

/** One response and what was asked for it. */
export interface Exchange {
  /** Items in the client's words, references resolved. Instructions are not among them: they are said anew each time. */
  readonly input: readonly Json[];
  readonly log: LogRecord;
}

/** One response as bytes, as it is kept and as it travels between nodes. */
export interface PackedExchange extends PackedLabel {
  readonly input: Uint8Array;
  readonly log: Uint8Array;
}

/** `expiresAt` tells it from any other that its owner has had under the same id. */
export interface PackedLabel {
  readonly id: string;
  readonly expiresAt: number;
}

export interface Kept {
  readonly previous: Kept | null;
  /** Of this response and all before it: how many they are, and their size as they are kept. */
  readonly count: number;
  readonly bytes: number;
  /** Both are unpacked anew by each call. */
  input(): readonly Json[];
  log(): LogRecord;
  /** Not to be written to. */
  packed(): PackedExchange;
}

/** Nothing in it is ever visible to another owner. */
export interface Store {
  /** `previous` was found in this store. What is alone too large for it is not kept. */
  put(owner: string, exchange: Exchange, previous: Kept | null): void;
  find(owner: string, id: string): Kept | null;
  /** That id leads to a response, whoever owns it. */
  has(id: string): boolean;
  /** What came from another node, newest first, before `tail`: to go on from. It is there for whoever goes on from it, under no id. */
  adopt(owner: string, chain: readonly PackedExchange[], tail: Kept | null): Kept | null;
  /** The very response of that label, if it is held here under an id, or because it was adopted. */
  holding(owner: string, label: PackedLabel): Kept | null;
  /** False: there was none. Responses that go on from it keep what was said. */
  delete(owner: string, id: string): boolean;
}
