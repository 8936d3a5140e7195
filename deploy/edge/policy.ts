/**
 * What the edge does, as data: routers, middlewares and headers. The labels of the compose files, Traefik's dynamic files, and the
 * files for Caddy and nginx say the same; the tests compare them with this table item by item. Invariant: what is not
 * listed here is not routed, `/metrics` and `/__test` above all.
 */

export type Middleware = 'cors' | 'headers' | 'ratelimit' | 'forwardauth';

export interface Router {
  /** Behind the prefix of its stack: `codex-api`, `codex-dev-api`, `codex-responses-api`. */
  readonly name: 'api' | 'preflight' | 'models' | 'health';
  /** Everything below. */
  readonly prefix?: string;
  /** Or exactly these. */
  readonly paths?: readonly string[];
  readonly method?: 'OPTIONS';
  /** Higher wins; absent: the longer rule does. */
  readonly priority?: number;
  /** In this order. */
  readonly middlewares: readonly Middleware[];
  /** `edge`: answered there, never passed on. */
  readonly service: 'app' | 'edge';
}

export const routers: readonly Router[] = [
  { name: 'api', prefix: '/v1', middlewares: ['cors', 'headers', 'ratelimit', 'forwardauth'], service: 'app' },
  {
    name: 'preflight',
    prefix: '/v1',
    method: 'OPTIONS',
    priority: 10_000,
    middlewares: ['cors', 'headers', 'ratelimit'],
    service: 'edge',
  },
  {
    name: 'models',
    paths: ['/v1/models', '/v1/models/'],
    priority: 9_000,
    middlewares: ['cors', 'headers', 'ratelimit'],
    service: 'app',
  },
  { name: 'health', paths: ['/healthz', '/readyz', '/livez'], middlewares: ['headers', 'ratelimit'], service: 'app' },
];

/** A container of the gateway, or of the auth service, listens there. */
export const ports = { app: 11_435, responses: 11_436, auth: 18_080, dev: 18_010, authDev: 18_081 } as const;

export const entryPoint = 'websecure';

export const forwardAuth = {
  path: '/verify',
  /** The edge runs on the host; `FORWARDAUTH_URL` names another address. */
  address: `http://127.0.0.1:${ports.auth}/verify`,
  trustForwardHeader: true,
  requestHeaders: ['Authorization'],
} as const;

/** Requests a second of one client address on average, and at once. Before the key is looked at. */
export const rateLimit = { average: 200, burst: 400, periodSeconds: 1 } as const;

/** The origins come from `PROXY_CORS_ALLOWED_ORIGINS`, as those of the gateway do. */
export const cors = {
  credentials: true,
  maxAgeSeconds: 600,
  vary: true,
  methods: ['GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS'],
  /** Those that the gateway allows by itself. */
  headers: [
    'authorization',
    'content-type',
    'accept',
    'user-agent',
    'x-request-id',
    'x-client-request-id',
    'idempotency-key',
    'openai-beta',
    'openai-organization',
    'openai-project',
    'openai-version',
    'x-requested-with',
    'dangerously-allow-browser',
    'x-no-keepalive',
    'x-proxy-output-mode',
    'x-proxy-events',
    'x-stainless-lang',
    'x-stainless-package-version',
    'x-stainless-os',
    'x-stainless-arch',
    'x-stainless-runtime',
    'x-stainless-runtime-version',
    'x-stainless-retry-count',
    'x-stainless-timeout',
    'x-stainless-async',
  ],
} as const;

/** On every answer, the edge's own included. */
export const securityHeaders = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains; preload',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), interest-cohort=()',
  'x-dns-prefetch-control': 'off',
} as const;
