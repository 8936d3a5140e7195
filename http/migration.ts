/**
 * What a user of codex-app-server-proxy finds different: defaults that have changed and settings that mean more, or something else.
 * The doctor and `docs/migrating.md` both tell it from here.
 */

export interface ChangedDefault {
  readonly name: string;
  readonly before: string;
  readonly now: string;
  readonly why: string;
}

export const changedDefaults: readonly ChangedDefault[] = [
  {
    name: 'PROXY_HOST',
    before: '0.0.0.0',
    now: '127.0.0.1',
    why: 'Nobody is served by accident. In a container set 0.0.0.0, and a key of your own.',
  },
  {
    name: 'PROXY_OUTPUT_MODE',
    before: 'obsidian-xml',
    now: 'auto',
    why: 'Obsidian Copilot still gets its `<use_tool>` blocks; an OpenAI SDK never finds XML in its text.',
  },
  {
    name: 'PROXY_IDLE_TIMEOUT_MS',
    before: '15000',
    now: '120000',
    why: '15 s cut ordinary pauses for reasoning. A value of your own counts.',
  },
  {
    name: 'PROXY_TIMEOUT_MS',
    before: '300000',
    now: '300000, streams 3600000',
    why: 'A long stream is not cut. A value of your own holds for both.',
  },
  {
    name: 'PROXY_ENABLE_PARALLEL_TOOL_CALLS',
    before: 'false',
    now: 'true',
    why: 'As OpenAI has it; a request decides with `parallel_tool_calls`.',
  },
  {
    name: 'PROXY_AUTH_LOGIN_URL',
    before: 'false',
    now: 'true',
    why: 'A 401 for a missing sign-in says how to sign in, to callers on this machine.',
  },
  {
    name: 'PROXY_AUTH_LOGIN_URL_MODE',
    before: 'details only',
    now: 'message',
    why: 'The address stands in the message, too.',
  },
  {
    name: 'PROXY_SSE_MAX_CONCURRENCY',
    before: '4',
    now: 'for each node twice the turns of its workers, and the queue',
    why: 'Streams are limited by what the workers can do.',
  },
  { name: 'WORKER_MAX_CONCURRENCY', before: '4', now: '32', why: 'One worker runs many turns at once.' },
  { name: 'PROXY_WORKER_COUNT', before: '1', now: '2', why: 'When one worker dies, the other one serves.' },
  {
    name: 'CODEX_MODEL',
    before: 'gpt-5.2',
    now: "the worker's default model",
    why: 'The catalogue of today has no gpt-5.2; the old names are accepted and stand for the default model.',
  },
  {
    name: 'CODEX_BIN',
    before: 'codex',
    now: 'the binary of the pinned package',
    why: 'What is tested is what runs.',
  },
];

/** What somebody who sets a variable should know. */
export const meaningNow: Readonly<Record<string, string>> = {
  CODEX_MODEL: 'A model that Codex does not list, as gpt-5.2 is no more, stands for its default model.',
  WORKER_RESTART_MAX: 'It counts within WORKER_RESTART_WINDOW_MS, no longer for the life of the process.',
  PROXY_USE_APP_SERVER: 'It alone chooses the backend; the name of the file in CODEX_BIN does not.',
  PROXY_NONSTREAM_TRUNCATE_AFTER_MS:
    'A cut answer is a 200 with the text so far, no longer a 499. Leave it off unless an edge cuts you.',
  PROXY_RESPONSES_OUTPUT_MODE: 'It has an effect now.',
  PROXY_PROTO_IDLE_MS: 'It has an effect now.',
  PROXY_CORS_ALLOWED_ORIGINS: 'With `*` no credentials are allowed any more: list your origins for that.',
  PROXY_RATE_LIMIT_MAX: 'A token bucket for each verified key; unverified tokens are no keys.',
  PROXY_IGNORE_CLIENT_SYSTEM_PROMPT:
    'System messages are no longer thrown away: with true they stay in the conversation as developer messages.',
  PROXY_TITLE_GEN_INTERCEPT: 'A title is an ordinary turn now, within all limits.',
  PROXY_LOG_REDACT: 'Prompts and answers are in no log, whatever it says.',
  CODEX_HOME:
    'It must be writable: the gateway generates config.toml and models.json there and puts yours aside as config.operator.toml.',
};

/** Names that the deployment, the scripts, the workers or Codex itself read: not the gateway's. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^(FAKE_CODEX_\w+|STREAM_READY_FILE|CHILD_PID_FILE|CODEX_WORKER_SUPERVISED)$/, 'is passed on to the workers'],
  [
    /^(PATH|HOME|LANG|TZ|TMPDIR|RUST_LOG|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS)$/i,
    'is passed on to the workers',
  ],
  [
    /^(IMAGE|(DEV_|RESPONSES_)?DOMAIN|APP_DOMAIN|DEV_PORT|RESPONSES_(PORT|HOST_PORT|CORS_ALLOWED_ORIGINS)|(DEV_)?RATE_LIMIT_(AVG|BURST)|FORWARDAUTH_URL|AUTH_REALM)$/,
    'is read by compose files and the edge',
  ],
  [
    /^(KEY|BASE_URL|API_KEY|LIVE_BASE_URL|ORIGIN_HOST|SKIP_ORIGIN|SKIP_METRICS|REQUIRE_METRICS|METRICS_(ENDPOINT|TOKEN)|(TOOL_)?SMOKE_\w+|MODEL|TIMEOUT_MS|SOURCE_HOME|DEST_HOME|CONFIRM_DEPLOY|BACKUP_DIR|(PROD|DEV)_COMPOSE|CODEX_BACKUP_GPG_KEY|CODEX_SHIM|PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD|QUIET)$/,
    'is read by scripts',
  ],
  [
    /^(WORKER_CLOUDFLARE_API_TOKEN|C(LOUDFLARE|F)_API_TOKEN|ZONE_(ID|NAME)|HOST|PATH_PREFIX|ALLOWED_ORIGINS)$/,
    'is read by the edge',
  ],
];

export const readerOf = (name: string): string | null => others.find(([pattern]) => pattern.test(name))?.[1] ?? null;

const changesTable = (): string =>
  [
    '| variable | before | now | why |',
    '|---|---|---|---|',
    ...changedDefaults.map(({ name, before, now, why }) => `| \`${name}\` | ${before} | ${now} | ${why} |`),
    '',
    'Kept, and different in effect:',
    '',
    ...Object.entries(meaningNow).map(([name, text]) => `* \`${name}\`: ${text}`),
  ].join('\n');

const region = /<!-- changes -->[\s\S]*<!-- end of changes -->/;

/** The page with the table as it is now. */
export const withChangesTable = (page: string): string =>
  page.replace(region, () => `<!-- changes -->\n\n${changesTable()}\n\n<!-- end of changes -->`);
