/** What an exchange is told when it begins, and what it tells when it is over. */

import type { Exchange } from './exchange.ts';
import type { Header } from './headers.ts';
import type { RequestHead } from './request-head.ts';

/** How it ended: an answer to its end, the client's departure, or a connection that this side has reset. */
export interface ExchangeEnd {
  readonly by: 'answer' | 'client' | 'reset';
  /** What was sent, or would have been; 499: the client left before the end. */
  readonly status: number;
  readonly errorCode: string | null;
  /** From the arrival of the request. */
  readonly durationMs: number;
}

/** Who sees what the client gets. */
export interface AnswerTap {
  begun(status: number, headers: readonly Header[]): void;
  /** Valid as long as the call. */
  written(bytes: Uint8Array | string): void;
}

export interface ExchangeFacts {
  readonly id: string;
  /** When the request arrived, by `house.now`. */
  readonly startedAt: number;
  readonly house: ExchangeHouse;
  readonly head: RequestHead;
  readonly cors: readonly Header[];
  /** Null: nobody. */
  readonly tap?: AnswerTap | null;
}

/** What all of a server share. */
export interface ExchangeHouse {
  /** Milliseconds, for durations. */
  now(): number;
  /** The server is closing: the connection ends with its answer. */
  closing(): boolean;
  /** The client left, or was too slow, before its body was complete and anything was answered. */
  leftSending(exchange: Exchange): void;
  /** The client did not take what it was answered: its connection is cut. */
  tooSlow(exchange: Exchange): void;
  /** Of a short answer: whether it is asked if the system takes it. */
  isAsked(): boolean;
  /** Of an answer without a body: whether its connection ends with it. */
  isLast(): boolean;
  /** The answer ended or the client left; called once. */
  over(): void;
  /** Something threw where nobody could catch it. */
  failed(error: unknown, exchange: Exchange): void;
}
