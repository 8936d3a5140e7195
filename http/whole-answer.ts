/**
 * The body of a whole answer behind its head. Invariant: while a body is still coming, the connection is not closed at once, which
 * would reset it before the client has read the answer: the rest is read and dropped instead, and uWebSockets.js ends the connection
 * within twelve seconds.
 */

import type { Answer } from './answer.ts';
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
}

/** Somebody who may not even ask would send so much. */
export const bodyIsLong = (head: RequestHead): boolean =>
  (announcedBodyBytes(head) ?? Infinity) > limits.unauthenticatedBodyBytesMax;

/** True: it was written but for its end, which has to wait for that of the request's body. */
export function writeBody(response: HttpResponse, answer: Answer, manner: Manner): boolean {
  const { status, body, bytes, cut } = answer;
  const { head, close, bodiless, lingering } = manner;
  if (cut === true) {
    response.end(bodiless ? '' : body, true);
    return false;
  }
  const announced = (lingering && bodyIsLong(head)) || (close && (lingering || bodiless));
  if (announced) response.writeHeader('connection', 'close');
  if (lingering && !bodiless && closesByItself(head)) {
    response.write(body);
    return true;
  }
  if (!bodiless) response.end(bytes ?? body, close && !lingering);
  else if (status === 204) response.endWithoutBody();
  else response.writeHeader('content-length', String(Buffer.byteLength(body))).endWithoutBody();
  return false;
}
