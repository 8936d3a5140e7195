/** The smokes before a gateway with the fake app-server, through a fake edge, with a stub in place of docker. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { edgeBefore, operate, scratch, stub } from './operator.ts';
import { type Server, serve, startServer } from './server.ts';

const key = 'sk-smoke-key-of-this-test';
let server: Server;
/** A dev site, without metrics, that shows its models to key holders only. */
let dev: Server;

beforeAll(async () => {
  [server, dev] = await Promise.all([
    startServer({ PROXY_API_KEY: key, PROXY_ENABLE_METRICS: 'true' }),
    startServer({ PROXY_API_KEY: key, PROXY_ENV: 'dev', PROXY_PROTECT_MODELS: 'true' }),
  ]);
});
afterAll(() => Promise.all([server.gateway.kill(), dev.gateway.kill()]));

/** No environment file of the machine. */
const noFile = (): readonly string[] => {
  const file = join(scratch(), 'env');
  writeFileSync(file, '');
  return ['--dotenv', file];
};

const smoke = (profile: string, env: Readonly<Record<string, string>>, args: readonly string[] = []) =>
  operate('smoke.ts', [profile, ...(args.includes('--dotenv') ? [] : noFile()), ...args], { env });

const marks = (stdout: string): readonly string[] => stdout.match(/^\[\w+\] .*$/gmu) ?? [];
const here = (): string => `http://127.0.0.1:${server.port}`;

test('P-266 smoke:prod asks image, origin, metrics and edge, and with a key the models', async () => {
  const edge = await edgeBefore(server.port);
  const docker = stub('docker');
  const file = join(scratch(), '.env');
  writeFileSync(file, `PROXY_API_KEY=${key}\nIMAGE=codex-actors:test\nTOOL_SMOKE_ALLOW_MISSING=1\n`);
  const site = { DOMAIN: edge.url, ORIGIN_HOST: edge.url, METRICS_ENDPOINT: `${here()}/metrics`, PATH: docker.path };
  const { code, stdout } = await smoke('prod', site, ['--dotenv', file]);
  expect(marks(stdout)).toEqual([
    '[PASS] image has codex app-server (codex-actors:test)',
    '[PASS] origin /healthz',
    '[PASS] origin /v1/models begins with codex-5',
    '[PASS] metrics scrape',
    '[PASS] metrics restart count equals /readyz (0)',
    '[PASS] edge /healthz',
    '[PASS] edge /v1/models begins with codex-5',
    '[PASS] edge /readyz',
    '[PASS] edge does not serve /metrics (404)',
    '[PASS] edge POST /v1/chat/completions (non-stream)',
    '[PASS] edge POST /v1/chat/completions (stream)',
    expect.stringMatching(/^\[PASS\] edge tool calls \(structured\) \(the model called no tool/),
  ]);
  expect([code, stdout.includes(key)]).toEqual([0, false]);
  expect(docker.calls()).toEqual([
    ['run', '--rm', '--network', 'none', '--entrypoint', 'codex', 'codex-actors:test', 'app-server', '--help'],
  ]);

  const open = await smoke('prod', { DOMAIN: edge.url, SKIP_ORIGIN: '1', SKIP_METRICS: '1' });
  expect(open.code).toBe(0);
  expect(marks(open.stdout).filter((line) => line.startsWith('[SKIP]'))).toHaveLength(8);
  expect(marks(open.stdout)).toContain('[SKIP] edge POST /v1/chat/completions (stream): set KEY or PROXY_API_KEY');
});

test('P-266 the timeouts, the site and what fails', async () => {
  const silent = await serve({ PROXY_API_KEY: key, FAKE_CODEX_HANDSHAKE_MODE: 'timeout' }, { ready: false });
  const edge = await edgeBefore(silent.port);
  const docker = stub('docker', "process.stderr.write('no such image'); process.exitCode = 125;");
  const env = { APP_DOMAIN: edge.url, SKIP_ORIGIN: '1', IMAGE: 'gone', PATH: docker.path, SMOKE_REQUEST_TIMEOUT: '5' };
  const { code, stdout } = await smoke('prod', { ...env, METRICS_ENDPOINT: `http://127.0.0.1:${silent.port}/metrics` });
  expect(code).toBe(1);
  expect(stdout).toContain('[FAIL] image has codex app-server: docker ended with 125: no such image');
  expect(stdout).toMatch(/\[FAIL\] metrics scrape: status 404 \(PROXY_ENABLE_METRICS\)/);
  expect(stdout).toMatch(/\[FAIL\] edge \/healthz: ok is not true/);
  expect(stdout).toMatch(/\[FAIL\] edge \/readyz: status 503/);
  expect(stdout).toMatch(/^\d of \d+ checks failed\.$/m);

  const refused = async (given: Readonly<Record<string, string>>): Promise<string> => {
    const ended = await smoke('prod', given);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    return ended.stderr;
  };
  expect(await refused({})).toBe(
    'npm run smoke:prod: set DOMAIN or APP_DOMAIN to the name of the site, such as codex.example.org\n',
  );
  expect(await refused({ DOMAIN: 'a.example', SMOKE_STREAM_TIMEOUT: 'soon' })).toMatch(
    /SMOKE_STREAM_TIMEOUT="soon": expected/,
  );
  expect(await refused({ DOMAIN: 'http://a.example', KEY: key })).toMatch(/an edge is asked over https/);
});

test('P-267 smoke:dev, smoke:dev-edge and smoke', async () => {
  const edge = await edgeBefore(dev.port);
  const site = { DEV_DOMAIN: edge.url, KEY: key, SMOKE_TOOL_CALLS: '0', ORIGIN_HOST: edge.url };
  const metrics = { METRICS_ENDPOINT: `http://127.0.0.1:${dev.port}/metrics` };
  const [whole, required, edgeOnly, stream, plain, wrong] = await Promise.all([
    smoke('dev', { ...site, ...metrics }),
    smoke('dev', { ...site, ...metrics, REQUIRE_METRICS: '1' }),
    smoke('dev-edge', site),
    smoke('dev-edge', site, ['--stream', '--headers']),
    smoke('local', { BASE_URL: `${here()}/v1`, API_KEY: key }),
    smoke('local', { BASE_URL: here(), API_KEY: `${key}-not` }),
  ]);
  expect([whole.code, whole.stderr]).toEqual([0, '']);
  expect(whole.stdout).toContain('[PASS] edge /v1/models begins with codev-5');
  expect(whole.stdout).toContain('[SKIP] metrics scrape: PROXY_ENABLE_METRICS is not on');
  expect([required.code, required.stdout]).toEqual([1, expect.stringMatching(/\[FAIL\] metrics scrape: status 404/)]);
  expect(marks(edgeOnly.stdout)).toEqual([
    '[PASS] edge POST /v1/chat/completions (non-stream)',
    '[PASS] edge POST /v1/chat/completions (stream)',
  ]);
  expect(marks(stream.stdout)).toEqual([
    '[PASS] edge POST /v1/chat/completions (stream)',
    expect.stringMatching(/^\[PASS\] edge answers the preflight \(.*access-control-allow-headers: authorization/),
    expect.stringMatching(/^\[PASS\] edge headers \(.*strict-transport-security: max-age=31536000/),
  ]);
  expect([plain.code, marks(plain.stdout).length]).toEqual([0, 5]);
  expect([wrong.code, wrong.stdout]).toEqual([1, expect.stringMatching(/\[FAIL\] gateway POST .*status 401/)]);
  expect(stream.stdout + wrong.stdout).not.toContain(key);
});

const callOf = { FAKE_CODEX_MODE: 'tool_call', FAKE_CODEX_TOOL_CALL_COUNT: '2' };

test('P-268 P-266 the tool-call smoke on both endpoints, and at an edge: calls, usage, disconnect, a model that calls nothing', async () => {
  const two = await serve({ PROXY_API_KEY: key, ...callOf });
  const edges = [await edgeBefore(two.port), await edgeBefore(server.port)];
  const [whole, lacking] = await Promise.all(
    edges.map(({ url }) => smoke('prod', { DOMAIN: url, SKIP_ORIGIN: '1', SKIP_METRICS: '1', KEY: key })),
  );
  expect(marks(whole?.stdout ?? '').at(-1)).toBe('[PASS] edge tool calls (structured) (lookup_user, send_email)');
  expect([lacking?.stdout, lacking?.code]).toEqual([
    expect.stringMatching(/\[FAIL\] edge tool calls .*0 tool calls/),
    1,
  ]);
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    smoke('stream-tool-call', { BASE_URL: `http://127.0.0.1:${two.port}`, KEY: key, ...env }, args);
  const [plain, responses, endpoint, cut, cutResponses, xml] = await Promise.all([
    run(['--include-usage']),
    run(['--responses', '--include-usage']),
    run([], { TOOL_SMOKE_ENDPOINT: 'responses', TOOL_SMOKE_MODEL: 'codex-5', TOOL_SMOKE_TIMEOUT_MS: '10000' }),
    run(['--disconnect-after-first-tool']),
    run(['--disconnect-after-first-tool', '--responses']),
    run(['--expect-xml', '--disconnect-after-first-tool']),
  ]);
  const none = await smoke('stream-tool-call', { BASE_URL: here(), KEY: key }, ['--allow-single']);
  expect([none.code, none.stdout]).toEqual([1, expect.stringMatching(/0 tool calls, expected at least 1/)]);
  const structured = '[PASS] gateway tool calls (structured';
  expect(marks(plain.stdout)).toEqual([`${structured}) (lookup_user, send_email)`]);
  expect(marks(responses.stdout)).toEqual([`${structured}, responses) (lookup_user, send_email)`]);
  expect(marks(endpoint.stdout)).toEqual(marks(responses.stdout));
  expect(marks(cut.stdout)).toEqual(['[PASS] gateway tool calls (disconnect) (disconnected at the first call)']);
  expect(cutResponses.code).toBe(0);
  expect([xml.code, xml.stdout]).toEqual([2, '']);
});

test('P-268 the wrapper for CI runs all modes against gateways of its own', async () => {
  const { code, stdout } = await operate('tool-call-ci.ts', []);
  expect(marks(stdout)).toEqual([
    '[PASS] gateway tool calls (structured) (lookup_user, send_email)',
    '[PASS] gateway tool calls (disconnect) (disconnected at the first call)',
    '[PASS] gateway tool calls (textual) (one block)',
  ]);
  expect(code).toBe(0);
});

test('P-269 acceptance, at the address that BASE_URL names', async () => {
  const { code, stdout } = await smoke('acceptance', { BASE_URL: `${here()}/v1`, KEY: key });
  expect(marks(stdout)).toEqual([
    '[PASS] gateway /healthz',
    '[PASS] gateway /v1/models',
    '[PASS] gateway POST /v1/chat/completions (stream)',
  ]);
  expect(code).toBe(0);
});

test('P-276 test:live and test:live:dev', async () => {
  const [live, staged, keyless, planned] = await Promise.all([
    smoke('live', { LIVE_BASE_URL: here(), KEY: key }),
    smoke('live-dev', { DEV_PORT: String(dev.port), PROXY_API_KEY: key }),
    smoke('live-dev', { DEV_DOMAIN: 'dev.example' }),
    smoke('live', { KEY: key }, ['--dry-run']),
  ]);
  const names = [
    '/healthz',
    '/v1/models',
    'POST /v1/chat/completions (non-stream)',
    'POST /v1/chat/completions (stream)',
  ];
  expect(marks(live.stdout)).toEqual(names.map((name) => `[PASS] live ${name}`));
  expect([live.code, staged.code]).toEqual([0, 0]);
  expect(staged.stdout).toContain('[PASS] live /v1/models (protected)');
  expect([keyless.code, keyless.stderr]).toEqual([2, expect.stringMatching(/set KEY or PROXY_API_KEY/)]);
  expect(planned.stdout).toContain('[PLAN] live /healthz: GET http://127.0.0.1:11435/healthz');
});
