/** Limits for tests of `transport/`: those of production, where a test does not change one. */

import type { TransportLimits } from '../transport/limits.ts';

export const transportLimits: TransportLimits = {
  lineBytesMax: 64 * 1024 * 1024,
  handshakeMs: 15_000,
  requestMs: 120_000,
  stepMs: 10_000,
  stepMsPerMegabyte: 1_000,
  stepMsPerImage: 4_000,
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
