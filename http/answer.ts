/** A whole answer, before it has a connection. */

import { type Header, jsonType, noStore } from './headers.ts';
import { limits } from './limits.ts';

export interface Answer {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: string;
  /** The same, where it is known beforehand. */
  readonly bytes?: Uint8Array;
  /** Nothing else is wanted of this connection. */
  readonly close?: true;
  /** What else this connection brings must not be read, not even the rest of the body. */
  readonly cut?: true;
  /** `code` of the error that it tells. */
  readonly errorCode?: string;
}

/** It does not leave at once. Three bytes at the most for each unit of the text. */
export const isLong = (body: string): boolean => body.length > limits.writeBytes / 3;

/** A whole JSON answer that nobody may keep. A long one becomes bytes once, not with each of its pieces. */
export function jsonAnswer(status: number, body: string, headers: readonly Header[] = []): Answer {
  const answer = { status, headers: [jsonType, noStore, ...headers], body };
  return isLong(body) ? { ...answer, bytes: Buffer.from(body) } : answer;
}
