/** The variables about what is told of the work: metrics, usage, logs, traces, captures. Part of the table in `config-table.ts`. */

import {
  flag,
  integer,
  named,
  optionalChoice,
  optionalFlag,
  optionalPath,
  optionalWord,
  path,
  size,
  word,
} from './config-value.ts';

const aToken = [/^[\x21-\x7e]{1,512}$/, '1 to 512 printable ASCII characters without blanks'] as const;
/** Keys belong into its headers: this is shown. */
const anEndpoint = [/^https?:\/\/[^\s@?#]{1,2048}$/i, 'an http or https URL without user and query'] as const;

/** A capture: whether, and where to. */
const capture = (kind: string, folder: string, otherwise: string, what: string) => {
  const place = `test-results/${otherwise}`;
  return [
    flag(`PROXY_CAPTURE_${kind}`, false, `Write ${what}.`),
    path(`PROXY_CAPTURE_${folder}`, ({ cwd }) => `${cwd}/${place}`, `\`${place}\``, 'Folder for it.'),
  ] as const;
};

/** The same with a limit on one record, in development only. */
const rawCapture = (kind: string, otherwise: string, what: string) =>
  [
    ...capture(`${kind}_RAW`, `${kind}_RAW_DIR`, otherwise, `${what}, with \`PROXY_ENV=dev\``),
    size(`PROXY_CAPTURE_${kind}_RAW_MAX_BYTES`, 262_144, 'Of one record; the rest of it is left out.', 1),
  ] as const;

const [captureChat, captureChatDir] = capture(
  'CHAT_TRANSCRIPTS',
  'CHAT_DIR',
  'chat-copilot/raw',
  'a file for each request to chat, without its words',
);
const [captureChatRaw, captureChatRawDir] = capture(
  'CHAT_RAW_TRANSCRIPTS',
  'CHAT_RAW_DIR',
  'chat-copilot/raw-unredacted',
  'a file for each request to chat, as it is',
);
const [captureResponses, captureResponsesDir] = capture(
  'RESPONSES_TRANSCRIPTS',
  'RESPONSES_DIR',
  'responses-copilot/raw',
  'a file for each request to responses, without its words',
);
const [captureResponsesRaw, captureResponsesRawDir] = capture(
  'RESPONSES_RAW_TRANSCRIPTS',
  'RESPONSES_RAW_DIR',
  'responses-copilot/raw-unredacted',
  'a file for each request to responses, as it is',
);
const [captureAppServer, captureAppServerDir, captureAppServerBytesMax] = rawCapture(
  'APP_SERVER',
  'app-server/raw',
  'what workers and the gateway say to each other',
);
const [captureThinking, captureThinkingDir, captureThinkingBytesMax] = rawCapture(
  'THINKING',
  'responses-copilot/raw-thinking',
  'the reasoning that workers tell',
);

export const telemetryVariables = {
  logCorsOrigin: flag('PROXY_LOG_CORS_ORIGIN', false, 'Log the origin of each preflight request.'),
  metricsEnabled: flag('PROXY_ENABLE_METRICS', false, 'Offer `/metrics`.'),
  metricsAllowUnauth: flag('PROXY_METRICS_ALLOW_UNAUTH', false, 'To everybody.'),
  metricsAllowLoopback: flag('PROXY_METRICS_ALLOW_LOOPBACK', true, 'To callers on loopback without a token.'),
  metricsToken: optionalWord('PROXY_METRICS_TOKEN', aToken, 'Bearer token for `/metrics`.', { secret: true }),
  maintenanceMode: flag('PROXY_MAINTENANCE_MODE', false, 'Told by metrics and logs; requests are served as usual.'),
  testEndpoints: flag('PROXY_TEST_ENDPOINTS', false, 'Offer `/__test/…`, for tests of clients.'),
  testAllowRemote: flag('PROXY_TEST_ALLOW_REMOTE', false, 'Also to callers beyond loopback.'),
  streamReleaseFile: optionalPath(
    'STREAM_RELEASE_FILE',
    '–',
    'File that `POST /__test/conc/release` writes, for which fake workers wait.',
  ),
  usageAllowUnauth: flag('PROXY_USAGE_ALLOW_UNAUTH', false, '`/v1/usage` needs no key.'),
  usageQueries: flag(
    'PROXY_USAGE_QUERIES',
    true,
    'Chat messages such as `usage today` are answered by the gateway itself.',
  ),
  usageLogPath: optionalPath(
    'TOKEN_LOG_PATH',
    '`codex-usage.ndjson` in `PROXY_DATA_DIR`, else in `<tmpdir>`',
    'File with one line of usage a request.',
  ),
  usageLogBytesMax: size('USAGE_LOG_MAX_BYTES', 67_108_864, 'Above, a new file is begun.', 65_536),
  usageLogKeep: integer('USAGE_LOG_KEEP', 8, 'Earlier files that are kept.', [0, 1_000]),
  dataDir: optionalPath('PROXY_DATA_DIR', '–', 'Folder for what outlives the process, such as the usage log.'),
  sanitizerLogPath: optionalPath(
    'SANITIZER_LOG_PATH',
    '`codex-sanitizer.ndjson` within `SANITIZER_LOG_BASE_DIR`',
    'File with one line for each answer from which `PROXY_SANITIZE_METADATA` has left something out; 8 MiB of it, and as much of the one before.',
  ),
  sanitizerLogBaseDir: path(
    'SANITIZER_LOG_BASE_DIR',
    ({ tmpdir }) => tmpdir,
    '`<tmpdir>`',
    'That file must be within; another one is not written.',
  ),
  logLevel: optionalChoice(
    'PROXY_LOG_LEVEL',
    ['debug', 'info', 'warn', 'error'],
    'info; debug with `PROXY_ENV=dev`',
    'Lines of the log below it are left out.',
  ),
  accessLogPath: optionalPath(
    'ACCESS_LOG_PATH',
    '–',
    'File that also gets the `access_log` lines; limits as of the usage log. The trace script reads it.',
  ),
  logRedact: named(
    flag(
      'PROXY_LOG_REDACT',
      true,
      'false, with `PROXY_ENV=dev`: prompts and answers may be in logs, traces and captures. Secrets never are.',
    ),
    {
      aliases: ['PROXY_TRACE_REDACT'],
    },
  ),
  wireLogPath: path(
    'PROTO_LOG_PATH',
    ({ tmpdir }) => `${tmpdir}/codex-proto-events.ndjson`,
    '`<tmpdir>/codex-proto-events.ndjson`',
    'File of the wire trace; 32 MiB of it, and as much of the one before.',
  ),
  wireLog: optionalFlag(
    'PROXY_LOG_PROTO',
    'on with `PROXY_ENV=dev`',
    'Write the wire trace, with `PROXY_ENV=dev` only.',
  ),
  wireLogRequired: optionalFlag(
    'PROXY_TRACE_REQUIRED',
    'on with `PROXY_ENV=dev`',
    'Refuse to start where the wire trace is off or cannot be written.',
  ),
  wireLogBodyBytesMax: size('PROXY_TRACE_BODY_LIMIT', 4_096, 'Of a body or a chunk in the wire trace.', 0),
  wireDebug: named(
    optionalFlag('PROXY_DEBUG_WIRE', 'off', 'Print the wire trace on stderr, too, with `PROXY_ENV=dev` only.'),
    { formerly: ['PROXY_DEBUG_PROTO'] },
  ),
  otelEnabled: named(flag('PROXY_ENABLE_OTEL', false, 'Send traces over OTLP.'), {
    aliases: ['OTEL_ENABLED'],
  }),
  otelExporterUrl: named(
    optionalWord('PROXY_OTEL_EXPORTER_URL', anEndpoint, 'Where to; `/v1/traces` is added where it is missing.'),
    { aliases: ['OTEL_EXPORTER_OTLP_ENDPOINT'] },
  ),
  otelHeaders: optionalWord(
    'OTEL_EXPORTER_OTLP_HEADERS',
    [
      /^[\w-]{1,128}=[\x21-\x2b\x2d-\x7e]{0,2048}(\s*,\s*[\w-]{1,128}=[\x21-\x2b\x2d-\x7e]{0,2048}){0,31}$/,
      'name=value, comma separated',
    ],
    'Headers for the receiver of traces, such as its key; values are percent-encoded.',
    { secret: true },
  ),
  otelServiceName: word(
    'PROXY_OTEL_SERVICE_NAME',
    [/^[^\0-\x1f\x7f]{1,128}$/, 'one line of text'],
    'codex-actors',
    'Under which name traces are sent.',
  ),
  captureChat,
  captureChatDir,
  captureChatRaw,
  captureChatRawDir,
  captureResponses,
  captureResponsesDir,
  captureResponsesRaw,
  captureResponsesRawDir,
  captureAppServer,
  captureAppServerDir,
  captureAppServerBytesMax,
  captureThinking,
  captureThinkingDir,
  captureThinkingBytesMax,
} as const;
