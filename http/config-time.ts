/** The variables about how long and how large an answer may be. Part of the table in `config-table.ts`. */

import { duration, flag, integer, named, optionalDuration, optionalInteger, size } from './config-value.ts';

export const timeVariables = {
  timeoutMs: optionalDuration(
    'PROXY_TIMEOUT_MS',
    '300000, streams 3600000',
    'Longest time for one answer; set, it holds for both kinds; 0 switches it off.',
  ),
  idleMs: duration('PROXY_IDLE_TIMEOUT_MS', 120_000, 'Longest silence of a worker while a whole body is awaited.'),
  streamIdleMs: duration('PROXY_STREAM_IDLE_TIMEOUT_MS', 300_000, 'Longest silence of a worker while streaming.'),
  protoIdleMs: duration(
    'PROXY_PROTO_IDLE_MS',
    120_000,
    'With `PROXY_USE_APP_SERVER=false`: longest silence while a whole body is awaited.',
  ),
  truncateAfterMs: named(
    duration(
      'PROXY_NONSTREAM_TRUNCATE_AFTER_MS',
      0,
      'A whole answer is cut after so long and told as it is; 0 switches it off.',
      0,
    ),
    { formerly: ['PROXY_DEV_TRUNCATE_AFTER_MS'] },
  ),
  queueMax: integer('PROXY_QUEUE_MAX', 256, 'Requests that may wait for a free turn; 0 for no queue.', [0, 65_536]),
  queueWaitMs: duration('PROXY_QUEUE_WAIT_MS', 30_000, 'Longest wait in that queue.'),
  keepaliveMs: duration('PROXY_SSE_KEEPALIVE_MS', 15_000, 'Comment on a silent stream; 0 switches it off.', 0),
  headDelayMs: duration(
    'PROXY_SSE_HEAD_DELAY_MS',
    1_000,
    'Longest wait for a first event before a stream commits to 200.',
    0,
  ),
  nonstreamKeepaliveMs: duration(
    'PROXY_NONSTREAM_KEEPALIVE_MS',
    60_000,
    'Silence of a whole answer before blanks are sent; 0 switches it off.',
    0,
  ),
  streamsMax: optionalInteger(
    'PROXY_SSE_MAX_CONCURRENCY',
    'for each node twice the turns of its workers, and the queue',
    'Open streams, over all nodes; 0: no limit.',
    [0, 1_000_000],
  ),
  sinkBufferBytes: size(
    'PROXY_SINK_BUFFER_BYTES',
    1_048_576,
    'Text that may wait for the reader of a stream that has taken nothing for 5 s; with more it is cut off. Who reads slowly is not.',
    65_536,
  ),
  sinkLagMs: duration(
    'PROXY_SINK_LAG_MS',
    300_000,
    'How long the reader of a stream may be behind its answer, while that is being written, without ever catching up, however much it takes; then it is cut off.',
    1_000,
  ),
  coalesceMs: integer(
    'PROXY_SSE_COALESCE_MS',
    10,
    'While the gateway has no rest, each stream is written to once in so long, with all that came; otherwise at once. 0: always at once.',
    [0, 1_000],
    'ms',
  ),
  overloadDelayMs: duration(
    'PROXY_OVERLOAD_DELAY_MS',
    500,
    'The gateway is overloaded while a new answer would have to wait longer for its start because the core is busy, or when it comes to things so much too late for `PROXY_OVERLOAD_AFTER_MS`, until it is late by less than half: new answers are refused with 503. 0 switches it off.',
    0,
  ),
  overloadAfterMs: duration('PROXY_OVERLOAD_AFTER_MS', 2_000, 'How long it may come to things too late.', 250),
  killOnDisconnect: flag(
    'PROXY_KILL_ON_DISCONNECT',
    false,
    'A worker whose client has left is replaced as soon as it serves nobody else.',
  ),
  responseBytesMax: size('PROXY_RESPONSE_BYTES_MAX', 16_777_216, 'Longest answer; above, it ends incomplete.', 1_024),
  drainNoticeMs: duration(
    'PROXY_DRAIN_NOTICE_MS',
    0,
    'Before that: `/readyz` says 503 and requests are still served, so that an edge with health checks sends the next ones elsewhere.',
    0,
  ),
  drainMs: duration('PROXY_DRAIN_MS', 30_000, 'Time that running answers get when the server stops.', 0),
} as const;
