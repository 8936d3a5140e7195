/**
 * The one decision of the ForwardAuth service: does this request hold the key? Pure. Invariants: only `/verify`, to the letter,
 * says yes; the comparison takes the same time whatever was sent; credentials are allowed for origins on the list and for no
 * others, `*` included.
 */

import { timingSafeEqual } from 'node:crypto';
import { type AuthSettings, digest } from './settings.ts';

export interface AuthRequest {
  readonly method: string;
  /** Request target as sent. */
  readonly target: string;
  readonly authorization: string;
  readonly origin: string;
  readonly requestHeaders: string;
}

export interface AuthAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: none. */
  readonly body: unknown;
}

/** The gateway's rule: on the web schemes a port does not matter for names of this machine. */
const sameOrigin = (origin: string): string =>
  origin
    .toLowerCase()
    .replace(/\/$/, '')
    .replace(/^(https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])):\d+$/, '$1');

function cors({ origin, requestHeaders, method }: AuthRequest, origins: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = { vary: 'origin' };
  if (!/^[\x21-\x7e]{1,512}$/.test(origin)) return headers;
  const listed = origins.some((entry) => entry !== '*' && sameOrigin(entry) === sameOrigin(origin));
  if (!listed && !origins.includes('*')) return headers;
  headers['access-control-allow-origin'] = origin;
  if (listed) headers['access-control-allow-credentials'] = 'true';
  if (method !== 'OPTIONS') return headers;
  headers['vary'] = 'origin, access-control-request-headers, access-control-request-method';
  headers['access-control-allow-methods'] = 'GET, POST, DELETE, HEAD, OPTIONS';
  const askedIsList = /^[\w!#$%&'*+.^`|~, -]{1,4096}$/.test(requestHeaders);
  headers['access-control-allow-headers'] = askedIsList ? requestHeaders : 'authorization, content-type, accept';
  headers['access-control-max-age'] = '600';
  return headers;
}

/** A scheme word in any case, blanks, the key: what the gateway accepts, too. */
function holdsKey(authorization: string, keyDigest: Buffer): boolean {
  const text = authorization.trim();
  const presented = /^bearer\s/i.test(text) ? text.slice('bearer'.length).trim() : '';
  return timingSafeEqual(digest(presented), keyDigest);
}

export function verify(request: AuthRequest, settings: AuthSettings): AuthAnswer {
  const [path] = request.target.split('?', 1);
  const headers = { 'cache-control': 'no-store', ...cors(request, settings.origins) };
  if (path === '/healthz') return { status: 200, headers, body: { ok: true } };
  if (path !== '/verify') return { status: 404, headers, body: { error: { message: 'not found' } } };
  if (request.method === 'OPTIONS') return { status: 204, headers, body: null };
  const { keyDigest, realm } = settings;
  // The subject is told on success, so that an edge that copies it overwrites what a client has made up.
  if (keyDigest !== null && holdsKey(request.authorization, keyDigest))
    return { status: 200, headers: { ...headers, 'x-auth-subject': realm }, body: { ok: true } };
  const message = keyDigest === null ? 'server misconfigured' : 'invalid token';
  return {
    status: 401,
    headers: { ...headers, 'www-authenticate': `Bearer realm=${realm}` },
    body: { error: { message } },
  };
}
