/** The compose file of the project, whole and broken in every way that the checks are for. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../environment.ts';
import { interpolateAll } from './interpolate.ts';
import { findingsOf } from './invariants.ts';
import { withPlaceholders } from './render.ts';
import { readYaml, viewOf } from './service.ts';

const env = withPlaceholders({});
const whole = readFileSync(join(root, 'docker-compose.yml'), 'utf8');

const wrongIn = (text: string, more: Readonly<Record<string, string>> = {}): readonly string[] => {
  const filled = { ...env, ...more };
  return findingsOf(viewOf(interpolateAll(readYaml(text, 'test'), filled)), filled)
    .filter(({ wrong }) => wrong !== null)
    .map(({ name, wrong }) => `${name}: ${wrong}`);
};

test('the file of the project holds, also with other settings', () => {
  expect(wrongIn(whole)).toEqual([]);
  expect(
    wrongIn(whole, { FORWARDAUTH_URL: 'http://auth:8080/verify', RATE_LIMIT_AVG: '50', DOMAIN: 'other.example' }),
  ).toEqual([]);
});

const router = (name: string, option: string): RegExp =>
  new RegExp(`traefik\\.http\\.routers\\.codex-${name}\\.${option}: .*`, 'u');

test.each([
  [
    'another forwardauth address',
    /\$\{FORWARDAUTH_URL:-[^}]*\}/u,
    'http://auth:8080/verify',
    /^one forwardauth address.*: it is http:\/\/auth:8080/,
  ],
  ['no rule', router('health', 'rule'), 'x.y: "1"', /^router codex-health: it has no rule/],
  [
    'another order',
    router('api', 'middlewares'),
    'traefik.http.routers.codex-api.middlewares: "codex-forwardauth,codex-cors"',
    /^router codex-api: its middlewares are codex-forwardauth/,
  ],
  [
    'no priority',
    router('preflight', 'priority'),
    'x.y: "1"',
    /^router codex-preflight: its priority is undefined, expected 10000/,
  ],
  ['another limit', /\$\{RATE_LIMIT_AVG:-200\}/u, '2000', /^labels are those of .*: different: .*ratelimit\.average/],
  [
    'metrics routed',
    /PathPrefix\(`\/v1`\)"/u,
    'PathPrefix(`/metrics`)"',
    /^\/metrics and \/__test are not routed: .*codex-api\.rule/,
  ],
  ['no network label', /traefik\.docker\.network: traefik/u, 'x.y: "1"', /^network traefik: no label/],
  ['own network', /external: true/u, 'driver: bridge', /^network traefik: it is not external/],
  [
    'read-only home',
    /\.\/\.codex-api:\/app\/\.codex-api/u,
    './.codex-api:/app/.codex-api:ro',
    /^home .codex-api.*read-only/,
  ],
  [
    'another home',
    /\.\/\.codex-api:\/app\/\.codex-api/u,
    './.codev:/app/.codex-api',
    /^home .codex-api.*: it is \.\/\.codev/,
  ],
  [
    'an open port',
    /127\.0\.0\.1:\$\{APP_PORTS:-11435\}:11435/u,
    '11435:11435',
    /^ports are published.*: 11435: on every address/,
  ],
  ['no auth', /\n {2}auth:\n/u, '\n  other:\n', /^service auth: there is none/],
])('%s is found', (_, pattern, instead, finding) => {
  const broken = whole.replace(pattern, () => instead);
  expect(broken).not.toBe(whole);
  expect(wrongIn(broken)).toContainEqual(expect.stringMatching(finding));
});

test('labels as a list are read, too, and one that is there twice is found', () => {
  const label = 'traefik.http.middlewares.codex-forwardauth.forwardauth.address=http://127.0.0.1:18080/verify';
  const text = `services: { app: { labels: [ '${label}', '${label}' ], ports: [ { host_ip: 127.0.0.1, published: '1', target: 2 } ] }, auth: {} }`;
  expect(wrongIn(text)).toContainEqual(expect.stringMatching(/^one forwardauth address.*: 2 labels/));
});

test('a file without the service, and one that is no YAML', () => {
  expect(wrongIn('services: {}')).toEqual(['service app: there is none']);
  expect(() => wrongIn('a: [')).toThrow(/^test is no YAML/);
});
