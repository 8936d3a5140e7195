// Cloudflare worker in front of the gateway: it answers preflights at the edge, passes everything else on, and lets browsers of the
// listed origins read the answers. Plain JavaScript without imports, so that what is uploaded is this file. Invariants: credentials
// are allowed for listed origins and never for `*`; the log has no query string, no key and no body; answers are passed on as they
// arrive, never collected.

/** Obsidian on the desktop, on iOS and on Android. */
export const appOrigins = ['app://obsidian.md', 'capacitor://localhost', 'http://localhost', 'https://localhost'];

export const defaultHeaders =
  'authorization, content-type, accept, user-agent, x-request-id, x-client-request-id, idempotency-key, openai-beta, ' +
  'openai-organization, openai-project, openai-version, x-requested-with, dangerously-allow-browser, x-no-keepalive, ' +
  'x-proxy-output-mode, x-proxy-events, x-stainless-lang, x-stainless-package-version, x-stainless-os, x-stainless-arch, ' +
  'x-stainless-runtime, x-stainless-runtime-version, x-stainless-retry-count, x-stainless-timeout, x-stainless-async';
export const methods = 'GET, POST, DELETE, HEAD, OPTIONS';
const exposed =
  'content-type, x-request-id, retry-after, x-should-retry, x-proxy-trace-id, x-proxy-model, openai-model';
const maxAgeSeconds = '600';
const loggedCharactersMax = 200;
const requestedHeadersMax = 64;

const key = (origin) =>
  origin
    .trim()
    .toLowerCase()
    .replace(/\/$/, '')
    .replace(/^(https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])):\d+$/, '$1');

/** `listed`, `any` by a `*`, or `refused`. */
function verdict(origin, env) {
  if (!/^[\x21-\x7e]{1,512}$/.test(origin)) return 'refused';
  const list = [...appOrigins, ...String(env?.ALLOWED_ORIGINS ?? '').split(',')].map(key);
  if (list.includes(key(origin))) return 'listed';
  return list.includes('*') ? 'any' : 'refused';
}

/** What was asked for and what clients usually send, each once. */
function allowedHeaders(asked) {
  const names = asked
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^[\w!#$%&'*+.^`|~-]{1,128}$/.test(name))
    .slice(0, requestedHeadersMax);
  return [...new Set([...names, ...defaultHeaders.split(', ')])].join(', ');
}

function vary(headers, ...names) {
  const present = (headers.get('vary') ?? '').toLowerCase();
  for (const name of names) if (!present.includes(name)) headers.append('vary', name);
}

function allow(headers, origin, found) {
  headers.set('access-control-allow-origin', origin);
  if (found === 'listed') headers.set('access-control-allow-credentials', 'true');
  else headers.delete('access-control-allow-credentials');
}

function preflight(request, origin, found) {
  const headers = new Headers({ 'x-cors-worker': '1', 'cache-control': 'no-store' });
  vary(headers, 'origin', 'access-control-request-headers', 'access-control-request-method');
  if (found === 'refused') return new Response(null, { status: 204, headers });
  allow(headers, origin, found);
  headers.set('access-control-allow-methods', methods);
  headers.set(
    'access-control-allow-headers',
    allowedHeaders(request.headers.get('access-control-request-headers') ?? ''),
  );
  headers.set('access-control-max-age', maxAgeSeconds);
  if (request.headers.get('access-control-request-private-network') === 'true')
    headers.set('access-control-allow-private-network', 'true');
  return new Response(null, { status: 204, headers });
}

const unreachable = () =>
  Response.json(
    { error: { message: 'The server could not be reached.', type: 'server_error', param: null, code: 'bad_gateway' } },
    { status: 502, headers: { 'cache-control': 'no-store' } },
  );

async function forwarded(request, origin, found) {
  let upstream;
  try {
    upstream = await fetch(request);
  } catch {
    upstream = unreachable();
  }
  // A copy, because headers of a fetched answer cannot be changed; its body stays a stream.
  const answer = new Response(upstream.body, upstream);
  answer.headers.set('x-cors-worker', '1');
  vary(answer.headers, 'origin');
  if (found === 'refused') return answer;
  allow(answer.headers, origin, found);
  if (!answer.headers.has('access-control-expose-headers'))
    answer.headers.set('access-control-expose-headers', exposed);
  return answer;
}

const cut = (text) => (text === null ? null : text.slice(0, loggedCharactersMax));

function log(request, status, found) {
  const { host, pathname } = new URL(request.url);
  const line = {
    event: request.method === 'OPTIONS' ? 'cors_preflight' : 'request',
    method: request.method,
    host,
    path: cut(pathname),
    status,
    origin: cut(request.headers.get('origin')),
    origin_verdict: found,
    requested_method: cut(request.headers.get('access-control-request-method')),
    requested_headers: cut(request.headers.get('access-control-request-headers')),
    user_agent: cut(request.headers.get('user-agent')),
  };
  console.log(JSON.stringify(line));
}

export default {
  async fetch(request, env) {
    const origin = request.headers.get('origin') ?? '';
    const found = verdict(origin, env);
    const answer =
      request.method === 'OPTIONS' ? preflight(request, origin, found) : await forwarded(request, origin, found);
    log(request, answer.status, found);
    return answer;
  },
};
