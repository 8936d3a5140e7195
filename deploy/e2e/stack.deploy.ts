/**
 * The production stack: what `docker-compose.yml` means to compose itself, and the stack as it comes up behind Caddy, which stands in
 * for Traefik.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { startEdge } from '../../testkit/edge-proxy.ts';
import { forwardAuth, ports, rateLimit, securityHeaders } from '../edge/policy.ts';
import { traefikLabels } from '../edge/traefik.ts';
import { startCaddy } from './caddy.ts';
import { makeNetwork, Project, type Service, type Settings } from './compose.ts';
import { docker, quickImage } from './docker.ts';
import { answers, freePorts } from './ports.ts';
import { findProgram } from './packages.ts';
import { run } from './run.ts';

const root = join(import.meta.dirname, '../..');
const origin = 'https://chat.example';
const required: Settings = {
  PROXY_API_KEY: 'key-of-the-stack',
  DOMAIN: 'codex.example.com',
  PROXY_CORS_ALLOWED_ORIGINS: origin,
};
const file = 'docker-compose.yml';
const names = ['app', 'app-responses', 'auth'];

const labelsOf = ({ labels }: Service): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => name.startsWith('traefik.http.')));

test('P-238 P-239 P-240 compose takes the file with the three variables alone', async () => {
  const services = await new Project(file, required).services();
  expect(Object.keys(services).sort()).toEqual(names);
  const { app, 'app-responses': responses, auth } = services as Record<string, Service>;
  const published = [app, responses, auth].map((one) => one?.ports?.map((port) => [port.host_ip, port.published]));
  expect(published).toEqual([11_435, 11_436, 18_080].map((port) => [['127.0.0.1', String(port)]]));
  for (const one of [app, responses]) {
    expect(one?.volumes.map(({ target, read_only: readOnly = false }) => [target, readOnly])).toEqual([
      ['/app/.codex-api', false],
      ['/app/.data', false],
    ]);
    // Longer than notice, drain and the workers' grace.
    expect(Number.parseInt(one?.stop_grace_period ?? '', 10)).toBeGreaterThan(3 + 30 + 5);
    expect(one?.environment).toMatchObject({ PROXY_NONSTREAM_TRUNCATE_AFTER_MS: '', PROXY_IDLE_TIMEOUT_MS: '' });
  }
  expect(app?.volumes[0]?.source).toMatch(/\/\.codex-api$/);
  expect(responses?.volumes[0]?.source).toMatch(/\/\.codex-responses-api$/);
  expect(responses?.environment['PROXY_OUTPUT_MODE']).toBe('openai-json');
  for (const one of Object.values(services))
    expect(one).toMatchObject({
      image: quickImage,
      restart: 'unless-stopped',
      init: true,
      read_only: true,
      cap_drop: ['ALL'],
    });
});

test('P-239 a variable that is missing is named', async () => {
  for (const name of Object.keys(required)) {
    const { code, stderr } = await new Project(file, { ...required, [name]: '' }).try('config', '-q');
    expect(code).not.toBe(0);
    expect(stderr).toContain(name);
  }
});

test('P-238 compose v1 takes the files, too', async () => {
  const v1 = findProgram('docker-compose');
  if (v1 === null) throw new Error('docker-compose of Debian 12 is not installed');
  const { PATH = '' } = process.env;
  for (const name of [file, 'docker-compose.local.yml'])
    await run(v1, ['-f', name, 'config', '-q'], { env: { PATH, ...required }, cwd: root });
});

test('P-241 P-242 P-243 the labels are those of the table, item by item', async () => {
  const project = new Project(file, required);
  const common = {
    forwardAuthUrl: forwardAuth.address,
    average: String(rateLimit.average),
    burst: String(rateLimit.burst),
    port: String(ports.app),
  };
  const before = await project.services();
  const stack = { ...common, prefix: 'codex', host: 'codex.example.com', origins: origin };
  expect(labelsOf(before['app'] as Service)).toEqual(traefikLabels(stack));
  const invalid = { prefix: 'codex-responses', host: 'responses.invalid', origins: 'https://responses.invalid' };
  expect(labelsOf(before['app-responses'] as Service)).toEqual(traefikLabels({ ...common, ...invalid }));
  expect(labelsOf(before['auth'] as Service)).toEqual({});
  project.set({ FORWARDAUTH_URL: 'http://auth:8080/verify', RATE_LIMIT_AVG: '5', RATE_LIMIT_BURST: '9' });
  const changed = { forwardAuthUrl: 'http://auth:8080/verify', average: '5', burst: '9' };
  expect(labelsOf((await project.services())['app'] as Service)).toEqual(traefikLabels({ ...stack, ...changed }));
});

/** The stack with ports of its own on this machine, and the fake of the CLI. */
async function up(appPorts: string, authPort: number, env: Settings = {}): Promise<Project> {
  await makeNetwork('traefik');
  const own: Settings = {
    CODEX_BIN: '/app/scripts/fake-codex-jsonrpc.js',
    PROXY_WORKER_COUNT: '1',
    APP_PORTS: appPorts,
  };
  const project = new Project(file, { ...required, ...own, ...env }, (text) =>
    text
      .replace('127.0.0.1:18080:8080', `127.0.0.1:${authPort}:8080`)
      // The fake has settings, which the product does not pass on.
      .replace('  PROXY_HOST: 0.0.0.0\n', '  PROXY_HOST: 0.0.0.0\n  FAKE_CODEX_MODE:\n  FAKE_CODEX_STREAM_TICKS:\n'),
  );
  await project.up('app', 'auth');
  return project;
}

const withKey = { authorization: `Bearer ${required['PROXY_API_KEY']}`, 'content-type': 'application/json' };
const chat = (more: object = {}): string =>
  JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content: 'Say hello.' }], ...more });

test('P-238 P-234 W-64 the stack comes up, and the edge does its part', async () => {
  const [app, auth] = (await freePorts(2)) as [number, number];
  await up(String(app), auth, { FAKE_CODEX_MODE: 'long_stream', FAKE_CODEX_STREAM_TICKS: '20' });
  const edge = await startEdge('caddy', { app, auth, origins: origin });
  onTestFinished(() => edge.stop());
  const completions = '/v1/chat/completions';

  const refused = await edge.ask(completions, { method: 'POST', body: chat() });
  expect(refused.status).toBe(401);
  expect(refused.headers['www-authenticate']).toBe('Bearer realm=api');
  expect(refused.headers).toMatchObject(securityHeaders);

  const asked = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };
  const preflight = await edge.ask(completions, { method: 'OPTIONS', headers: asked });
  expect(preflight.status).toBe(204);
  expect(preflight.headers['access-control-allow-origin']).toBe(origin);
  // The gateway gives its answers an id; this one never came there.
  expect(preflight.headers['x-request-id']).toBeUndefined();

  for (const path of ['/v1/models', '/healthz', '/readyz', '/livez']) expect((await edge.ask(path)).status).toBe(200);
  for (const path of ['/metrics', '/__test/conc'])
    expect((await edge.ask(path, { headers: withKey })).status).toBe(404);

  const stream = await edge.stream(completions, { headers: withKey, body: chat({ stream: true }) });
  await stream.ended;
  const pieces = stream.chunks.filter((chunk) => chunk.includes('tick-'));
  expect(pieces.length).toBeGreaterThan(15);
  expect(stream.chunks.join('')).toContain('data: [DONE]');
});

/** The first of two neighbours. */
async function twoPorts(): Promise<number> {
  for (;;) {
    const [port = 0] = await freePorts(1);
    if (port < 65_535 && !(await answers(port + 1))) return port;
  }
}

/** What docs/deployment.md has readers add to the file for Caddy. */
const page = readFileSync(join(root, 'docs/deployment.md'), 'utf8');
const balancing = /```caddyfile\n([\s\S]*?)```/.exec(page)?.[1] ?? '';

test('P-238 a rolling restart under load fails no request', async () => {
  const first = await twoPorts();
  const [auth, port] = (await freePorts(2)) as [number, number];
  const project = await up(`${first}-${first + 1}`, auth, {
    FAKE_CODEX_MODE: 'long_stream',
    FAKE_CODEX_STREAM_TICKS: '5',
  });
  const shipped = readFileSync(join(root, 'deploy/edge/caddy/Caddyfile'), 'utf8');
  const upstream = 'reverse_proxy {$APP_UPSTREAM:127.0.0.1:11435} {\n';
  expect(shipped).toContain(upstream);
  expect(balancing).toContain('health_uri /readyz');
  const caddyfile = shipped
    .replace('\tadmin off\n', '\tadmin off\n\tdefault_bind 127.0.0.1\n')
    .replace(upstream, upstream + balancing);
  const env = {
    DOMAIN: `http://127.0.0.1:${port}`,
    PROXY_CORS_ALLOWED_ORIGINS: origin,
    APP_UPSTREAM: `127.0.0.1:${first} 127.0.0.1:${first + 1}`,
    AUTH_UPSTREAM: `127.0.0.1:${auth}`,
  };
  const edge = await startCaddy(caddyfile, { env, port });

  const failed: string[] = [];
  let served = 0;
  let loading = true;
  const client = async (): Promise<void> => {
    while (loading) {
      const answer = await fetch(`${edge.origin}/v1/chat/completions`, {
        method: 'POST',
        headers: withKey,
        body: chat({ stream: true }),
      });
      const text = await answer.text();
      served += 1;
      if (answer.status !== 200 || !text.includes('data: [DONE]')) failed.push(`${answer.status} ${text}`);
    }
  };
  const clients = Array.from({ length: 6 }, client);
  const running = (): Promise<string[]> => project.run('ps', '-q', 'app').then((ids) => ids.trim().split('\n'));
  const before = await running();
  // As docs/deployment.md has it.
  await project.run('up', '--detach', '--no-build', '--no-recreate', '--wait', '--scale', 'app=2', 'app');
  await docker('stop', '-t', '45', ...before);
  await docker('rm', ...before);
  await project.run('up', '--detach', '--no-build', '--no-recreate', '--wait', '--scale', 'app=1', 'app');
  loading = false;
  await Promise.all(clients);
  expect(failed).toEqual([]);
  expect(served).toBeGreaterThan(20);
  const after = await running();
  expect([after.length, after.filter((id) => before.includes(id))]).toEqual([1, []]);
});
