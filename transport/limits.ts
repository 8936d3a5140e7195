/** Every limit of `transport/`, with its unit and default. Zero turns off those that say so. */

export interface TransportLimits {
  /** One line of a worker's output; a longer one ends the worker. */
  readonly lineBytesMax: number;
  /** `initialize`. */
  readonly handshakeMs: number;
  /** Any JSON-RPC request. */
  readonly requestMs: number;
  /** One step of a turn, and what each megabyte of it adds; never more than `requestMs`. */
  readonly stepMs: number;
  readonly stepMsPerMegabyte: number;
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

export const transportLimits: TransportLimits = {
  lineBytesMax: 64 * 1024 * 1024,
  handshakeMs: 15_000,
  requestMs: 120_000,
  stepMs: 10_000,
  stepMsPerMegabyte: 1_000,
  closeMs: 5_000,
  loginMs: 5_000,
  pulseMs: 10_000,
  pulseAnswerMs: 2_000,
  requestsInFlightMax: 64,
  requestsQueuedMax: 1_024,
  requestsQueuedBytesMax: 256 * 1024 * 1024,
  stateBytesMax: 512 * 1024 * 1024,
  memoryBytesMax: 0,
  turnsMax: 0,
};
