/** A whole answer, before it has a connection. */

import { type Header, jsonType, noStore } from './headers.ts';

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

/** A whole JSON answer that nobody may keep. */
export const jsonAnswer = (status: number, body: string, headers: readonly Header[] = []): Answer => ({
  status,
  headers: [jsonType, noStore, ...headers],
  body,
});
