/**
 * The body of a whole answer behind its head. Invariants: while a body is still coming, the connection is not closed at once, which
 * would reset it before the client has read the answer: the rest is read and dropped instead, and uWebSockets.js ends the connection
 * within twelve seconds. And what a client does not take of its answers does not wait here without a bound: those that are asked
 * tell when the system takes no more of them, and then the connection is cut. To ask costs, so of most answers only some are.
 *
 * Of an answer without a body uWebSockets.js does not tell whether it was taken: one that is drawn is the last of its connection.
 */

import type { Answer } from './answer.ts';
import { announcedBodyBytes, closesByItself, type RequestHead } from './request-head.ts';
import { limits } from './limits.ts';
import type { ExchangeHouse } from './exchange-facts.ts';
import type { HttpResponse } from './uws-types.ts';

interface Manner {
  readonly head: RequestHead;
  /** The connection is to end. */
  readonly close: boolean;
  readonly bodiless: boolean;
  /** The body of the request has not ended yet. */
  readonly lingering: boolean;
  readonly house: Pick<ExchangeHouse, 'isAsked' | 'isLast'>;
}

/** Somebody who may not even ask would send so much. */
export const bodyIsLong = (head: RequestHead): boolean =>
  (announcedBodyBytes(head) ?? Infinity) > limits.unauthenticatedBodyBytesMax;

/**
 * What is still to be done. `end`: it was written but for its end, which has to wait for that of the request's body; `close`: the
 * connection is to be closed behind it, when that body has ended; `cut`: at once, because the client does not take what it is answered.
 */
export type Left = 'nothing' | 'end' | 'close' | 'cut';

export function writeBody(response: HttpResponse, answer: Answer, manner: Manner): Left {
  const { body, bytes, cut } = answer;
  const { head, close, bodiless, lingering, house } = manner;
  if (cut === true) {
    response.end(bodiless ? '' : body, true);
    return 'nothing';
  }
  const last = bodiless && house.isLast();
  const announced = (lingering && bodyIsLong(head)) || (close && (lingering || bodiless)) || last;
  if (announced) response.writeHeader('connection', 'close');
  if (bodiless) return endWithoutBody(response, answer, last);
  if (lingering && closesByItself(head)) return response.write(body) ? 'end' : 'cut';
  const closing = close && !lingering;
  if (!closing && house.isAsked()) return response.tryEnd(bytes ?? body, 0)[1] ? 'nothing' : 'cut';
  // One that closes cannot be asked: `tryEnd` does not close, and an end behind `write` would put its header into the body (20.51, tried).
  response.end(bytes ?? body, closing);
  return 'nothing';
}

function endWithoutBody(response: HttpResponse, { status, body }: Answer, last: boolean): Left {
  if (status !== 204) response.writeHeader('content-length', String(Buffer.byteLength(body)));
  if (!last) response.endWithoutBody();
  // With the blank line behind the head. uWebSockets.js does not learn of it: whatever the client asks next ends the connection.
  else response.writeHeader('date', `${new Date().toUTCString()}\r\n`);
  return last ? 'close' : 'nothing';
}
