/** The variables about who is served, and where. Part of the table in `config-table.ts`. */

import {
  aKey,
  choice,
  duration,
  flag,
  integer,
  list,
  optionalChoice,
  optionalWord,
  size,
  word,
} from './config-value.ts';

/** Known to everybody: safe on a loopback address only. */
export const publicApiKey = 'codex-local-secret';

const line = /^[^\0-\x1f\x7f]{1,512}$/;
const aHost = [/^[0-9A-Za-z._:[\]-]{1,255}$/, 'a host name or address'] as const;
const anOrigin = [
  /^(\*|[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/@]{1,255}\/?)$/i,
  '* or origins (scheme://host[:port])',
] as const;

export const frontVariables = {
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
  trustProxy: word(
    'PROXY_TRUST_PROXY',
    [
      /^(?:true|false|\d{1,2}|(?:loopback|linklocal|uniquelocal|[0-9a-fA-F.:]{2,45}(?:\/\d{1,3})?)(?:\s*,\s*(?:loopback|linklocal|uniquelocal|[0-9a-fA-F.:]{2,45}(?:\/\d{1,3})?)){0,63})$/,
      'true, false, a number of hops, or loopback, linklocal, uniquelocal, addresses and networks, comma separated',
    ],
    'loopback',
    'Peers whose `X-Forwarded-For` is believed.',
  ),
  responsesEnabled: flag('PROXY_ENABLE_RESPONSES', true, 'Offer `/v1/responses`.'),
  protectModels: flag('PROXY_PROTECT_MODELS', false, '`/v1/models` needs the key too.'),
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
  loginUrlMode: choice(
    'PROXY_AUTH_LOGIN_URL_MODE',
    ['message', 'code', 'code+message', 'details'],
    'message',
    'Where a 401 repeats the login URL; `details`: nowhere else.',
  ),
  loginFlow: optionalChoice(
    'PROXY_AUTH_LOGIN_FLOW',
    ['device', 'browser'],
    'device; browser on loopback, at a terminal of that machine',
    'How to sign in: `device` shows a code to type anywhere, `browser` leads back to port 1455 of the machine of the gateway.',
  ),
  rateLimitEnabled: flag(
    'PROXY_RATE_LIMIT_ENABLED',
    false,
    'Limit the chat and responses requests of each key, over all nodes.',
  ),
  rateLimitWindowMs: duration('PROXY_RATE_LIMIT_WINDOW_MS', 60_000, 'To `PROXY_RATE_LIMIT_MAX` in so long.'),
  rateLimitMax: integer('PROXY_RATE_LIMIT_MAX', 60, 'That number; so many may also come at once.', [1, 1_000_000]),
  connectionsMax: integer(
    'PROXY_CONNECTIONS_MAX',
    10_000,
    'Open connections, idle ones included; beyond, a new one is closed at once. Keep it below the files that the process may open.',
    [1, 1_000_000],
  ),
  bodyBytesMax: size('PROXY_BODY_BYTES_MAX', 16_777_216, 'Largest request body.', 1_024),
  nodes: word(
    'PROXY_NODES',
    [/^(?:auto|[1-9]|[1-5]\d|6[0-4])$/, 'auto or an integer from 1 to 64'],
    '1',
    'Processes side by side on one port, each with `PROXY_WORKER_COUNT` workers; `auto`: one for each core. See [several cores](deployment.md#several-cores).',
  ),
  uwsBuild: optionalWord('UWS_BUILD', [/^20\.(69|51)$/, '20.69 or 20.51'], 'uWebSockets.js build to load.', {
    otherwise: 'the newest that loads',
  }),
} as const;
