/**
 * Every environment variable of the gateway in one table: parsing, `--help` and `docs/configuration.md` are all made from
 * it. A variable that is not here does not exist.
 */

import {
  choice,
  duration,
  flag,
  integer,
  list,
  optionalDuration,
  optionalWord,
  path,
  size,
  word,
} from './config-value.ts';

/** Known to everybody: safe on a loopback address only. */
export const publicApiKey = 'codex-local-secret';

const line = /^[^\0-\x1f\x7f]{1,512}$/;
const aHost = [/^[0-9A-Za-z._:[\]-]{1,255}$/, 'a host name or address'] as const;
const aKey = [/^[\x21-\x7e]([\x20-\x7e]{0,510}[\x21-\x7e])?$/, '1 to 512 printable ASCII characters'] as const;
const aModel = [/^[^\s\0-\x1f]{1,128}$/, 'a model id without blanks, at most 128 characters'] as const;
const anOrigin = [
  /^(\*|[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/@]{1,255}\/?)$/i,
  '* or origins (scheme://host[:port])',
] as const;
const aUrl = [
  /^https?:\/\/[^\s/@?#]{1,255}(\/[^\s?#]{0,1024})?$/i,
  'an http or https URL without user, query or fragment',
] as const;

export const variables = {
  port: integer('PORT', 11_435, 'Port to listen on; 0 takes a free one.', [0, 65_535]),
  host: word('PROXY_HOST', aHost, '127.0.0.1', 'Address to listen on. Beyond loopback it needs a key of your own.'),
  apiKey: word('PROXY_API_KEY', aKey, publicApiKey, 'Bearer key that clients must present.', true),
  environment: word(
    'PROXY_ENV',
    [line, 'one line of text'],
    '',
    'local or dev relax the safety checks of the start; dev advertises the `codev` models.',
  ),
  nodeEnvironment: word('NODE_ENV', [line, 'one line of text'], '', 'production, with PROXY_ENV unset, applies them.'),

  workerCount: integer('PROXY_WORKER_COUNT', 2, 'Codex processes run side by side.', [1, 64]),
  codexBin: optionalWord('CODEX_BIN', [/^[^\0]{1,4096}$/, 'a command or a path'], 'Codex CLI to run.', {
    otherwise: 'the binary of the pinned package',
  }),
  codexHome: path(
    'CODEX_HOME',
    ({ cwd }) => `${cwd}/.codex-api`,
    '`<cwd>/.codex-api`',
    'Home of Codex: its sign-in and configuration. Must be writable.',
  ),
  codexModel: optionalWord('CODEX_MODEL', aModel, 'What `codex-5` stands for; always accepted as a model id.', {
    otherwise: "the worker's default model",
  }),
  modelAliases: list(
    'PROXY_MODEL_ALIASES',
    [/^[^\s/,=\0-\x1f]{1,128}=[^\s/,=\0-\x1f]{1,128}$/, 'alias=model or alias=model:effort'],
    [],
    'Model names of your own, and other meanings for known ones that the worker does not list.',
  ),
  advertisedModels: list(
    'PROXY_ADVERTISE_MODELS',
    [/^[^\s/,]{1,128}$/, 'model ids'],
    [],
    'The only ids that `/v1/models` lists; all others are accepted as before. Empty: all.',
  ),
  workDir: path(
    'PROXY_CODEX_WORKDIR',
    ({ tmpdir }) => `${tmpdir}/codex-work`,
    '`<tmpdir>/codex-work`',
    'Working directory of the workers; keep it empty.',
  ),
  providerUrl: optionalWord('CODEX_PROVIDER_URL', aUrl, 'Responses-compatible provider to use in place of ChatGPT.'),
  providerKey: optionalWord('CODEX_PROVIDER_KEY', aKey, 'Key for that provider.', { secret: true }),
  stateDir: path(
    'CODEX_SQLITE_HOME',
    ({ tmpdir }) => tmpdir,
    '`<tmpdir>`',
    'Folder in which each worker gets one for its databases, deleted with the worker.',
  ),

  protectModels: flag('PROXY_PROTECT_MODELS', false, '`/v1/models` needs the key too.'),
  defaultStream: flag('PROXY_DEFAULT_STREAM', false, 'Chat answers stream when the request does not say.'),
  choicesMax: integer(
    'PROXY_MAX_CHAT_CHOICES',
    5,
    'Largest `n` of a chat completion; each choice is a turn.',
    [1, 128],
  ),
  enforceMaxTokens: flag(
    'PROXY_ENFORCE_MAX_TOKENS',
    true,
    'An answer ends at the token cap of its request (by estimate: four bytes are a token); otherwise caps are ignored.',
  ),
  parallelToolCalls: flag(
    'PROXY_ENABLE_PARALLEL_TOOL_CALLS',
    true,
    'What `parallel_tool_calls` is in requests that do not say; without it an answer has one call.',
  ),
  params: choice(
    'PROXY_PARAMS',
    ['lenient', 'strict'],
    'lenient',
    'Parameters that cannot be applied are accepted and listed in `x-proxy-ignored-params`, or refused.',
  ),
  remoteImages: choice(
    'PROXY_REMOTE_IMAGES',
    ['fetch', 'text', 'reject'],
    'fetch',
    'Images by address: downloaded from public addresses, told to the model as text `[image:URL]`, or refused.',
  ),
  corsEnabled: flag('PROXY_ENABLE_CORS', true, 'Send CORS headers.'),
  corsOrigins: list(
    'PROXY_CORS_ALLOWED_ORIGINS',
    anOrigin,
    ['*'],
    'Origins that may read answers; no effect while the default key is in use.',
  ),
  allowedHosts: list(
    'PROXY_ALLOWED_HOSTS',
    [/^(\*|[0-9A-Za-z._:[\]-]{1,255})$/, '* or host names'],
    [],
    'Further `Host` names that a server on loopback (with the default key: any server, to callers on loopback) answers to.',
  ),
  loginUrl: flag('PROXY_AUTH_LOGIN_URL', true, 'A 401 for a missing sign-in carries the login URL.'),
  loginRemote: flag('PROXY_AUTH_LOGIN_REMOTE', false, 'Also for callers beyond loopback.'),

  timeoutMs: optionalDuration(
    'PROXY_TIMEOUT_MS',
    '300000, streams 3600000',
    'Longest time for one answer; set, it holds for both kinds; 0 switches it off.',
  ),
  idleMs: duration('PROXY_IDLE_TIMEOUT_MS', 120_000, 'Longest silence of a worker while a whole body is awaited.'),
  streamIdleMs: duration('PROXY_STREAM_IDLE_TIMEOUT_MS', 300_000, 'Longest silence of a worker while streaming.'),
  queueMax: integer('PROXY_QUEUE_MAX', 256, 'Requests that may wait for a free turn; 0 for no queue.', [0, 65_536]),
  queueWaitMs: duration('PROXY_QUEUE_WAIT_MS', 30_000, 'Longest wait in that queue.'),
  keepaliveMs: duration('PROXY_SSE_KEEPALIVE_MS', 15_000, 'Comment on a silent stream; 0 switches it off.', 0),
  headDelayMs: duration('PROXY_SSE_HEAD_DELAY_MS', 1_000, 'Wait for a first event before a stream commits to 200.', 0),
  responseBytesMax: size('PROXY_RESPONSE_BYTES_MAX', 16_777_216, 'Longest answer; above, it ends incomplete.', 1_024),
  bodyBytesMax: size('PROXY_BODY_BYTES_MAX', 16_777_216, 'Largest request body.', 1_024),
  storeResponsesMax: integer(
    'PROXY_STORE_RESPONSES_MAX',
    1_000,
    'Finished responses that are kept in memory for `previous_response_id` and `GET`; 0: none.',
    [0, 1_000_000],
  ),
  storeBytesMax: size(
    'PROXY_STORE_BYTES_MAX',
    268_435_456,
    'Their size, packed, with the earlier turns that they go on from; the oldest responses go first.',
    1_024,
  ),
  storeTtlMs: duration('PROXY_STORE_TTL_MS', 86_400_000, 'How long they are kept at most.'),
  drainMs: duration('PROXY_DRAIN_MS', 30_000, 'Time that running answers get when the server stops.', 0),

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
  uwsBuild: optionalWord('UWS_BUILD', [/^20\.(69|51)$/, '20.69 or 20.51'], 'uWebSockets.js build to load.', {
    otherwise: 'the newest that loads',
  }),
} as const;
