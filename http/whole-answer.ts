/**
 * The body of a whole answer behind its head. Invariants: while a body is still coming, the connection is not closed at once, which
 * would reset it before the client has read the answer: the rest is read and dropped instead, and uWebSockets.js ends the connection
 * within twelve seconds. And of the answers of one connection that its client does not take, few wait in this process: one that is
 * asked is not over before the kernel has taken it, and a request that comes before that ends the connection. Asked are long ones,
 * and of short ones those that are drawn, because to ask costs.
 *
 * Of an answer without a body uWebSockets.js does not tell whether it was taken: one that is drawn is the last of its connection.
 */

import { type Answer, isLong } from './answer.ts';
import { announcedBodyBytes, closesByItself, type RequestHead } from './request-head.ts';
import { limits } from './limits.ts';
import type { HttpResponse } from './uws-types.ts';

interface Manner {
  readonly head: RequestHead;
  /** The connection is to end. */
  readonly close: boolean;
  readonly bodiless: boolean;
  /** The body of the request has not ended yet. */
  readonly lingering: boolean;
  /** Without a body: the connection is to end behind it, whatever comes. With one: it is asked whether the client takes it. */
  readonly drawn: boolean;
}

/**
 * What an answer waits for. `rest`: for the client to take what is there, before it gets the rest; `end`: it was written but for its
 * end, which has to wait for that of the request's body; `connection`: it was written, and the connection is still to be closed.
 */
export type Left = 'nothing' | 'rest' | 'end' | 'connection';

/** Somebody who may not even ask would send so much. */
export const bodyIsLong = (head: RequestHead): boolean =>
  (announcedBodyBytes(head) ?? Infinity) > limits.unauthenticatedBodyBytesMax;

export function writeBody(response: HttpResponse, answer: Answer, manner: Manner): Left {
  const { status, body, bytes, cut } = answer;
  const { head, close, bodiless, lingering } = manner;
  if (cut === true) {
    response.end(bodiless ? '' : body, true);
    return 'nothing';
  }
  // What does not leave at once is closed by the client, or by the server when all answers are over.
  const last = bodiless && manner.drawn;
  const closing = close && !lingering && !bodiless && !isLong(body);
  const announced = (lingering && bodyIsLong(head)) || (close && !closing) || last;
  if (announced) response.writeHeader('connection', 'close');
  if (bodiless) {
    if (status !== 204) response.writeHeader('content-length', String(Buffer.byteLength(body)));
    if (!last) response.endWithoutBody();
    // With the blank line behind the head. uWebSockets.js does not learn of it: whatever the client asks next ends the connection.
    else response.writeHeader('date', `${new Date().toUTCString()}\r\n`);
    return last ? 'connection' : 'nothing';
  }
  if (lingering && closesByItself(head)) {
    response.write(body);
    return 'end';
  }
  if (!closing && (manner.drawn || isLong(body))) return response.tryEnd(bytes ?? body, 0)[1] ? 'nothing' : 'rest';
  response.end(bytes ?? body, closing);
  return 'nothing';
}
