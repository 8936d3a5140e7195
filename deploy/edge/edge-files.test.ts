// Caddy, nginx and Cloudflare say what the table of `policy.ts` says, item by item; the Traefik files are compared with it where the
// compose files are. What runs is tested in `deploy/e2e/edge.deploy.ts`; here, that no file was forgotten.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cors, ports, rateLimit, routers, securityHeaders } from './policy.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');
const caddy = read('caddy/Caddyfile');
const nginx = read('nginx/codex-actors.conf.template');
const cloudflare = ['response-headers.template.json', 'response-headers.dev.template.json'].map(
  (name) =>
    JSON.parse(read(`cloudflare/${name}`)) as {
      rules: { action_parameters: { headers: Record<string, { value?: string }> } }[];
    },
);
const worker = (await import(join(import.meta.dirname, 'cloudflare/cors-preflight.mjs'))) as {
  readonly defaultHeaders: string;
  readonly methods: string;
};

const headers = cors.headers.join(', ');
const methods = cors.methods.join(', ');
const exact = routers.flatMap(({ paths }) => paths ?? []);
const models = routers.find(({ name }) => name === 'models')?.paths ?? [];
const health = routers.find(({ name }) => name === 'health')?.paths ?? [];
const lines = (text: string): readonly string[] => text.split('\n').map((line) => line.trim());
const lower = (named: Readonly<Record<string, { value?: string }>>): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(named).map(([name, { value }]) => [name.toLowerCase(), value]));

describe('Caddy', () => {
  test('routes the paths of the table, and nothing else', () => {
    const routed = lines(caddy).flatMap((line) => /^(?:@\w+ )?path (.*)$/.exec(line)?.[1]?.split(' ') ?? []);
    expect(new Set(routed)).toEqual(new Set([...exact, '/v1', '/v1/*']));
    expect(lines(caddy)).toContain(`@models path ${models.join(' ')}`);
    expect(lines(caddy)).toContain(`@health path ${health.join(' ')}`);
    const order = [...caddy.matchAll(/^\t\thandle ?(@\w+)?/gm)].map(([, name]) => name);
    expect(order).toEqual(['@preflight', '@models', '@api', '@health', undefined]);
  });

  test('asks for the key where the table does', () => {
    expect(caddy.match(/\bforward_auth\b/g)).toHaveLength(1);
    expect(/handle @api \{\s+forward_auth \{\$AUTH_UPSTREAM:127\.0\.0\.1:(\d+)\}/.exec(caddy)?.[1]).toBe(
      String(ports.auth),
    );
    expect(routers.filter(({ middlewares }) => middlewares.includes('forwardauth')).map(({ name }) => name)).toEqual([
      'api',
    ]);
  });

  test('sets the headers of the table', () => {
    for (const [name, value] of Object.entries(securityHeaders)) {
      const line = lines(caddy).find((one) => one.toLowerCase().startsWith(`${name} `));
      expect(line?.slice(name.length + 1).replace(/^"|"$/g, '')).toBe(value);
    }
    expect(lines(caddy)).toEqual(
      expect.arrayContaining([
        `Access-Control-Allow-Methods "${methods}"`,
        `Access-Control-Allow-Headers "${headers}"`,
        `Access-Control-Max-Age ${cors.maxAgeSeconds}`,
      ]),
    );
    expect(caddy).toContain(`{$APP_UPSTREAM:127.0.0.1:${ports.app}}`);
  });
});

describe('nginx', () => {
  test('routes the paths of the table, and nothing else', () => {
    const locations = lines(nginx).flatMap((line) => /^location (.*) \{$/.exec(line)?.[1] ?? []);
    const healthy = `~ ^/(${health.map((path) => path.slice(1)).join('|')})$`;
    const answers = ['= /_verify', '@unauthorized', '@limited', '@unreachable'];
    expect(locations).toEqual([...models.map((path) => `= ${path}`), '~ ^/v1(/|$)', healthy, '/', ...answers]);
  });

  test('asks for the key where the table does, and limits each address as it does', () => {
    expect(nginx.match(/\bauth_request \//g)).toHaveLength(1);
    expect(nginx).toContain(`rate=${rateLimit.average / rateLimit.periodSeconds}r/s`);
    expect(nginx).toContain(`burst=${rateLimit.burst} nodelay`);
    expect(nginx).toContain(`server 127.0.0.1:${ports.app};`);
    expect(nginx).toContain(`server 127.0.0.1:${ports.auth};`);
  });

  test('sets the headers of the table, all at the level of the server', () => {
    for (const [name, value] of Object.entries(securityHeaders)) {
      const line = lines(nginx).find((one) => one.toLowerCase().startsWith(`add_header ${name} `));
      expect(/ "?([^"]*?)"? always;$/.exec(line?.slice(`add_header ${name}`.length) ?? '')?.[1]).toBe(value);
    }
    for (const line of [`OPTIONS "${methods}";`, `OPTIONS "${headers}";`, `OPTIONS ${cors.maxAgeSeconds};`])
      expect(lines(nginx)).toContain(line);
    expect(nginx).not.toMatch(/^\t\t+add_header/m);
  });
});

test('the rules and the worker at Cloudflare say the same', () => {
  for (const { rules } of cloudflare) {
    const [about, security] = rules.map(({ action_parameters: { headers: named } }) => lower(named));
    expect(about).toMatchObject({
      'access-control-allow-methods': methods,
      'access-control-allow-headers': headers,
      'access-control-max-age': String(cors.maxAgeSeconds),
      vary: 'Origin',
    });
    expect(security).toEqual(securityHeaders);
  }
  expect([worker.methods, worker.defaultHeaders]).toEqual([methods, headers]);
});
