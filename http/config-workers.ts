/** The variables about the processes that do the work. Part of the table in `config-table.ts`. */

import { duration, integer, list, size } from './config-value.ts';

export const workerVariables = {
  workerCount: integer('PROXY_WORKER_COUNT', 2, 'Codex processes run side by side.', [1, 64]),
  turnsPerWorkerMax: integer('WORKER_MAX_CONCURRENCY', 32, 'Answers that one worker produces at a time.', [1, 1_024]),
  requestTimeoutMs: duration('WORKER_REQUEST_TIMEOUT_MS', 120_000, 'Deadline of one JSON-RPC request.'),
  handshakeTimeoutMs: duration('WORKER_HANDSHAKE_TIMEOUT_MS', 15_000, 'Deadline of `initialize`.'),
  startupTimeoutMs: duration(
    'WORKER_STARTUP_TIMEOUT_MS',
    8_000,
    'Time from the spawn of a worker to a running process.',
  ),
  shutdownGraceMs: duration(
    'WORKER_SHUTDOWN_GRACE_MS',
    5_000,
    'Wait between asking a worker to end and killing it.',
    0,
  ),
  backoffInitialMs: duration('WORKER_BACKOFF_INITIAL_MS', 500, 'First wait before a restart; doubled each time.'),
  backoffMaxMs: duration('WORKER_BACKOFF_MAX_MS', 5_000, 'Longest such wait.'),
  restartMax: integer('WORKER_RESTART_MAX', 25, 'Restarts within one window.', [1, 10_000]),
  restartWindowMs: duration('WORKER_RESTART_WINDOW_MS', 600_000, 'That window.'),
  completionGraceMs: duration('WORKER_COMPLETION_GRACE_MS', 5_000, 'Wait for the end of a turn that has said it all.'),
  lineBytesMax: size('WORKER_LINE_BYTES_MAX', 67_108_864, 'Longest line of a worker; above, it is replaced.', 65_536),
  stateBytesMax: size(
    'WORKER_STATE_BYTES_MAX',
    536_870_912,
    'Databases of one worker; above, it is replaced as soon as that costs nobody an answer; 0: never.',
    0,
  ),
  turnsMax: integer(
    'WORKER_MAX_TURNS',
    0,
    'Turns of one worker; then it is replaced as soon as that costs nobody an answer; 0: never.',
    [0, 1_000_000_000],
  ),
  memoryMebibytesMax: integer(
    'WORKER_MAX_RSS_MB',
    0,
    'Resident memory of one worker; above, it is replaced as soon as that costs nobody an answer; 0: never.',
    [0, 1_048_576],
    'MiB',
  ),
  workerEnvAllow: list(
    'WORKER_ENV_ALLOW',
    [/^(?!PROXY_API_KEY$)[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'names of variables other than PROXY_API_KEY'],
    [],
    'Further variables that the workers inherit.',
  ),
} as const;
