/** What stands in front of the gateway or around it: the Cloudflare worker and rules, the systemd unit, the installer that is none. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test, vi } from 'vitest';
import { edits, render } from '../../deploy/ops/transform-rules.ts';
import { workerVariables } from '../../http/config-workers.ts';
import { timeVariables } from '../../http/config-time.ts';
import { startToyCloudflare, type ToyCloudflare, toyToken, zoneId } from '../toy-cloudflare.ts';
import { startGateway } from '../gateway.ts';

const root = join(import.meta.dirname, '../..');
const cloudflare = join(root, 'deploy/edge/cloudflare');

interface Told {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A script of ours with this environment and no other. */
const script = (name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Told> =>
  run(name, [...args, '--dotenv', '/dev/null'], env);

function run(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Told> {
  const child = spawn(process.execPath, [join(root, 'deploy/ops', name), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', ...env },
    timeout: 15_000,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

async function aToy(): Promise<ToyCloudflare> {
  const toy = await startToyCloudflare('example.com');
  onTestFinished(() => toy.close());
  return toy;
}

interface Worker {
  readonly default: { fetch(request: Request, env: object): Promise<Response> };
  readonly appOrigins: readonly string[];
  readonly defaultHeaders: string;
  readonly methods: string;
}

/** Imported by its address: it is plain JavaScript, without types. */
const theWorker = async (): Promise<Worker> =>
  (await import(join(cloudflare, 'cors-preflight.mjs'))) as unknown as Worker;

test('P-250 the worker answers preflights, passes the rest on as it comes, and logs no secret', async () => {
  const { default: worker, appOrigins, defaultHeaders } = await theWorker();
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  const passed: Request[] = [];
  let upstream = (): Response => new Response('{}', { headers: { vary: 'Origin', 'x-request-id': 'r' } });
  vi.stubGlobal('fetch', (request: Request) => {
    passed.push(request);
    return Promise.resolve().then(upstream);
  });
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });
  const env = { ALLOWED_ORIGINS: ' https://chat.example/ ,https://b.example' };
  const url = 'https://api.example.com/v1/responses?api_key=secret-in-query';
  const send = (method: string, headers: Readonly<Record<string, string>>, bindings: object = env) =>
    worker.fetch(
      new Request(url, { method, headers, ...(method === 'POST' ? { body: 'secret prompt' } : {}) }),
      bindings,
    );

  // Preflights: never passed on; the union of what is asked for and what clients send.
  for (const origin of [...appOrigins, 'https://chat.example', 'https://B.example', 'http://localhost:5173']) {
    const asked = 'Authorization, X-Custom, x-stainless-os';
    const { status, headers, body } = await send('OPTIONS', { origin, 'access-control-request-headers': asked });
    expect([origin, status, body]).toEqual([origin, 204, null]);
    expect(headers.get('x-cors-worker')).toBe('1');
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    const allowed = headers.get('access-control-allow-headers')?.split(', ') ?? [];
    expect(new Set(allowed)).toEqual(
      new Set(['authorization', 'x-custom', 'x-stainless-os', ...defaultHeaders.split(', ')]),
    );
    expect(allowed).toHaveLength(new Set(allowed).size);
  }
  const evil = { origin: 'https://evil.example', authorization: 'Bearer secret-key' };
  const refused = await send('OPTIONS', evil);
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([204, null]);
  const any = await send('OPTIONS', evil, { ALLOWED_ORIGINS: '*' });
  expect(any.headers.get('access-control-allow-origin')).toBe(evil.origin);
  expect(any.headers.get('access-control-allow-credentials')).toBeNull();
  expect(passed).toEqual([]);

  // The rest: to the origin, its answer with the headers added, read as it arrives.
  const first = Promise.withResolvers<void>();
  upstream = () => {
    const body = new ReadableStream<Uint8Array>({
      start: async (controller) => {
        controller.enqueue(new TextEncoder().encode('data: 1\n\n'));
        await first.promise;
        controller.close();
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream', vary: 'Origin' } });
  };
  const streamed = await send('POST', { origin: 'https://chat.example', authorization: 'Bearer secret-key' });
  expect(streamed.headers.get('access-control-allow-origin')).toBe('https://chat.example');
  expect([streamed.headers.get('x-cors-worker'), streamed.headers.get('vary')]).toEqual(['1', 'Origin']);
  const reader = streamed.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('data: 1\n\n');
  first.resolve();
  expect((await reader?.read())?.done).toBe(true);
  expect(passed[0]?.headers.get('authorization')).toBe('Bearer secret-key');
  upstream = () => new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer realm=api' } });
  const unauthorized = await send('POST', evil);
  expect([unauthorized.status, unauthorized.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm=api']);
  expect(unauthorized.headers.get('access-control-allow-origin')).toBeNull();
  upstream = () => {
    throw new TypeError('unreachable');
  };
  const down = await send('POST', { origin: 'https://chat.example' });
  expect([down.status, down.headers.get('access-control-allow-origin')]).toEqual([502, 'https://chat.example']);

  // One line of JSON for each request, none with a query, a key or a body.
  expect(lines).toHaveLength(appOrigins.length + 8);
  for (const line of lines) {
    expect(JSON.parse(line)).toMatchObject({ host: 'api.example.com', path: '/v1/responses' });
    expect(line).not.toMatch(/secret|Bearer/);
  }
});

test('P-250 the deploy script uploads it with its token, and says what it would do without', async () => {
  const toy = await aToy();
  const env = { CLOUDFLARE_API_BASE: toy.base, HOST: 'api.example.com', ALLOWED_ORIGINS: 'https://chat.example' };
  const withZone = { ...env, ZONE_NAME: 'example.com' };
  const withToken = { ...withZone, WORKER_CLOUDFLARE_API_TOKEN: toyToken };
  const dry = await script('edge-worker.ts', ['--dry-run'], withZone);
  expect([dry.code, dry.stderr]).toEqual([0, '']);
  expect(dry.stdout).toContain('would route api.example.com/v1/* of example.com');
  const wrongs = [
    [[], withZone, /^npm run edge:worker: set WORKER_CLOUDFLARE_API_TOKEN/],
    [[], env, /: say which zone/],
    [['--host', 'a b'], withToken, /: --host: expected/],
    [['--allowed-origins', 'chat.example'], withToken, /: --allowed-origins: expected/],
    [[], { ...withToken, CLOUDFLARE_API_BASE: 'http://evil.example' }, /: CLOUDFLARE_API_BASE: expected/],
  ] as const;
  await Promise.all(
    wrongs.map(async ([args, more, says]) => {
      const { code, stdout, stderr } = await script('edge-worker.ts', args, more);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(says);
    }),
  );
  expect(toy.requests).toEqual([]);

  expect((await script('edge-worker.ts', [], withToken)).code).toBe(0);
  expect((await script('edge-worker.ts', [], { ...withToken, ZONE_NAME: '', ZONE_ID: zoneId })).code).toBe(0);
  const form = toy.scripts.get('codex-cors-preflight');
  const module = form?.get('cors-preflight.mjs');
  expect(module instanceof File && (await module.text())).toBe(
    readFileSync(join(cloudflare, 'cors-preflight.mjs'), 'utf8'),
  );
  const metadata = form?.get('metadata');
  const meant: unknown = JSON.parse(typeof metadata === 'string' ? metadata : ((await metadata?.text()) ?? ''));
  expect(meant).toMatchObject({ main_module: 'cors-preflight.mjs', bindings: [{ text: 'https://chat.example' }] });
  expect(toy.routes).toMatchObject([{ pattern: 'api.example.com/v1/*', script: 'codex-cors-preflight' }]);

  const wrong = 'another-token-9876543210';
  const refused = await script('edge-worker.ts', [], { ...withToken, WORKER_CLOUDFLARE_API_TOKEN: wrong });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/: GET \/zones: Cloudflare answers 403: .*\n$/);
  expect(refused.stderr).not.toMatch(new RegExp(`${wrong}|[0-9a-f]{32}`));
});

test('P-251 the playbook keeps our rules and no others, and prints neither token nor ids', async () => {
  const toy = await aToy();
  const offline = { DOMAIN: 'api.example.com', ZONE_NAME: 'example.com', ALLOWED_ORIGINS: 'https://chat.example' };
  const env = { ...offline, CLOUDFLARE_API_BASE: toy.base, CLOUDFLARE_API_TOKEN: toyToken };
  const told: Told[] = [];
  const play = async (...args: readonly string[]): Promise<Told> => {
    const answer = await script('edge-rules.ts', args, env);
    told.push(answer);
    return answer;
  };
  const valueOf = (name: string) => {
    const cors = toy.rules?.find(({ ref }) => ref === 'codex_cors') as never as {
      action_parameters: { headers: Record<string, { value?: string; expression?: string }> };
    };
    const change = cors.action_parameters.headers[name];
    return change?.value ?? change?.expression;
  };
  const writes = () => toy.requests.filter((request) => !request.startsWith('GET '));

  expect((await play('verify')).stdout).toContain('CORS of production: is not there');
  expect((await play('upsert-default', '--dry-run')).stdout).toMatch(/^would PUT codex-actors: CORS of production/);
  expect(writes()).toEqual([]);
  expect((await play('upsert-default')).code).toBe(0);
  // Somebody's own rule beside ours stays as it is.
  const theirs = { id: '9'.repeat(32), description: 'mine', expression: 'true', action: 'rewrite' };
  toy.rules?.push(theirs);
  expect(valueOf('Access-Control-Allow-Origin')).toBe('http.request.headers["origin"][0]');

  // Each command as a dry run would compute it; then one of them through the API.
  const template = readFileSync(join(cloudflare, 'response-headers.template.json'), 'utf8');
  const [cors] = render(
    template,
    { DOMAIN: 'api.example.com', ZONE_NAME: 'example.com' },
    'https://chat.example',
  ).rules;
  for (const [command, argument, name, seen] of [
    ['add-header', 'X-Custom', 'Access-Control-Allow-Headers', /^authorization, .*, X-Custom$/],
    ['remove-header', 'Content-Type', 'Access-Control-Allow-Headers', /^authorization, (?!.*content-type)/i],
    ['set-methods', 'get,POST,options', 'Access-Control-Allow-Methods', /^GET, POST, OPTIONS$/],
    ['set-max-age', '86400', 'Access-Control-Max-Age', /^86400$/],
    ['set-acao', 'https://one.example', 'Access-Control-Allow-Origin', /^https:\/\/one\.example$/],
  ] as const)
    expect([command, cors && edits[command]?.(cors, argument).action_parameters.headers[name]?.value]).toEqual([
      command,
      expect.stringMatching(seen),
    ]);
  expect((await play('set-acao', '*')).code).toBe(0);
  expect(valueOf('Access-Control-Allow-Origin')).toBe('*');
  expect(valueOf('Access-Control-Allow-Credentials')).toBeUndefined();
  expect((await play('verify')).stdout).toContain('Access-Control-Allow-Credentials is absent, expected "true"');
  expect((await play('show')).stdout).toContain('"ref": "codex_cors"');
  expect((await play('upsert-default')).code).toBe(0);
  expect(valueOf('Access-Control-Allow-Credentials')).toBe('true');
  const [again, verified] = await Promise.all([play('upsert-default'), play('verify')]);
  expect([again.stdout, verified.code]).toEqual(['nothing to change\n', 0]);
  expect(toy.rules?.filter(({ description }) => description === 'mine')).toEqual([theirs]);

  const before = writes().length;
  const wrongs = [['set-max-age'], ['nonsense'], ['set-acao', 'x"y', '--dry-run']];
  expect((await Promise.all(wrongs.map((args) => play(...args)))).map(({ code }) => code)).toEqual([2, 2, 2]);
  expect(writes()).toHaveLength(before);
  for (const { stdout, stderr } of told) expect(stdout + stderr).not.toMatch(new RegExp(`${toyToken}|[0-9a-f]{32}`));

  // Without a token: the template filled in, and dry runs.
  const devOnly = { ZONE_NAME: 'example.com', DEV_DOMAIN: 'dev.example.com' };
  const [rendered, dev, dry, missing] = await Promise.all([
    script('edge-rules.ts', ['render'], offline),
    script('edge-rules.ts', ['render', '--dev'], devOnly),
    script('edge-rules.ts', ['set-max-age', '60', '--dry-run'], offline),
    script('edge-rules.ts', ['verify'], offline),
  ]);
  expect(JSON.parse(rendered.stdout)).toMatchObject({ zone: 'example.com', rules: [{ ref: 'codex_cors' }, {}] });
  expect(rendered.stdout).not.toContain('{{');
  expect(dev.stdout).toContain('http.host eq \\"dev.example.com\\"');
  expect(dry.stdout).toContain('"value": "60"');
  expect([missing.code, missing.stderr]).toEqual([
    2,
    'npm run edge:rules: set CLOUDFLARE_API_TOKEN (or CF_API_TOKEN): a token that may edit transform rules\n',
  ]);
});

test('P-250 P-251 nothing that is tracked for Cloudflare holds an id or a token', () => {
  for (const name of ['wrangler.example.toml', 'response-headers.template.json', 'response-headers.dev.template.json'])
    expect(readFileSync(join(cloudflare, name), 'utf8')).not.toMatch(/[0-9a-f]{32}|account_id|zone_id|api_token\s*=/);
  const example = readFileSync(join(cloudflare, 'wrangler.example.toml'), 'utf8');
  for (const place of ['<HOST>', '<ZONE_NAME>', '<ALLOWED_ORIGINS>']) expect(example).toContain(place);
});

const unit = readFileSync(join(root, 'deploy/systemd/codex-actors.service'), 'utf8');
const setting = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';

test('P-252 the unit says how the gateway is started, stopped and confined', () => {
  expect(setting('ExecStart')).toBe('/usr/bin/env node --max-semi-space-size=32 http/main.ts');
  expect([setting('WorkingDirectory'), setting('EnvironmentFile')].every((path) => path.startsWith('%h/'))).toBe(true);
  expect([setting('Restart'), setting('KillMode')]).toEqual(['on-failure', 'mixed']);
  const allowedMs = Number(setting('TimeoutStopSec')) * 1_000;
  const drainMs = timeVariables.drainMs.fallback({} as never) + workerVariables.shutdownGraceMs.fallback({} as never);
  expect(allowedMs).toBeGreaterThan(drainMs + 10_000);
  for (const option of ['NoNewPrivileges', 'LockPersonality', 'RestrictRealtime', 'RestrictSUIDSGID'])
    expect([option, setting(option)]).toEqual([option, 'yes']);
  expect([setting('UMask'), setting('LimitCORE')]).toEqual(['0077', '0']);
});

test('P-252 what the unit starts serves, and SIGTERM to it alone ends everything with 0', async () => {
  // As systemd would: the command of the unit in a checkout, with an environment of its own. A file beside it is not needed.
  expect(setting('ExecStart').split(' ').slice(1)).toEqual(['node', '--max-semi-space-size=32', 'http/main.ts']);
  const own = { NODE_ENV: /^Environment=NODE_ENV=(.*)$/m.exec(unit)?.[1] ?? '', PROXY_ENV: '' };
  const gateway = await startGateway(
    { CODEX_BIN: join(root, 'testkit/app-server/main.ts'), ...own },
    { workersReady: 1 },
  );
  await gateway.stop();
});

test('P-252 the installer refuses, and names the ways that are supported', async () => {
  const { code, stdout, stderr } = await run('install.ts', []);
  expect([code, stdout]).toEqual([2, '']);
  for (const way of ['docker compose up', 'deploy/systemd/codex-actors.service', 'npm start'])
    expect(stderr).toContain(way);
  expect((await run('install.ts', ['--help'])).code).toBe(0);
});
