/** The limits of `transport/`, with their units. Zero turns off those that say so. */

export interface TransportLimits {
  /** One line of a worker's output; a longer one ends the worker. */
  readonly lineBytesMax: number;
  /** `initialize`, whatever `requestMs` is. */
  readonly handshakeMs: number;
  /** Any JSON-RPC request. */
  readonly requestMs: number;
  /** One step of a turn, and what each megabyte of it adds, and each image; never more than `requestMs`. */
  readonly stepMs: number;
  readonly stepMsPerMegabyte: number;
  readonly stepMsPerImage: number;
  /** From the answer to `thread/unsubscribe` to `thread/closed`; later the worker counts as worn. */
  readonly closeMs: number;
  /** Until a device code has come. */
  readonly loginMs: number;
  /** Between two signs of life, and until one is missed; two misses in a row are a lost pulse. */
  readonly pulseMs: number;
  readonly pulseAnswerMs: number;
  readonly requestsInFlightMax: number;
  /** Requests that wait for a place in flight. */
  readonly requestsQueuedMax: number;
  readonly requestsQueuedBytesMax: number;
  /** A worker is worn when its state folder or its memory is larger, or after so many turns. 0: no limit. */
  readonly stateBytesMax: number;
  readonly memoryBytesMax: number;
  readonly turnsMax: number;
}
