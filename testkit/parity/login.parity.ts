/** Signing in: one attempt at a time, by code or by browser, or by a file that an operator puts there. */

import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { untilReady } from '../gateway-health.ts';
import { type GatewayEnv, startGateway } from '../gateway.ts';
import type { Provider } from '../provider/provider.ts';
import { startProvider } from '../provider/server.ts';
import { capture } from './captured.ts';
import { eventually } from './eventually.ts';
import { type Answer, Server, serve } from './server.ts';

/** The head of a stream waits for what becomes of it, however slow the machine is. */
const signedOut = { FAKE_CODEX_SIGNED_OUT: '1', PROXY_SSE_HEAD_DELAY_MS: '60000' };
const detailsOf = ({ status, json }: Answer) => {
  expect([status, json.error.type]).toEqual([401, 'authentication_error']);
  return json.error.details;
};

/** Whole or not at all: the workers may look at any moment. */
function putAuthFile(home: string, text: string): void {
  writeFileSync(join(home, 'auth.json.new'), text);
  renameSync(join(home, 'auth.json.new'), join(home, 'auth.json'));
}

interface Real {
  readonly server: Server;
  readonly provider: Provider;
  readonly home: string;
  /** As `codex login` leaves it. */
  readonly authFile: string;
}

/** The real CLI, signed out, before a provider and an issuer that ask for a sign-in. */
async function real(env: GatewayEnv = {}): Promise<Real> {
  const provider = await startProvider({ login: { pollSeconds: 0 } });
  onTestFinished(() => provider.close());
  provider.login.requireBearer = true;
  const home = mkdtempSync(join(tmpdir(), 'codex-actors-parity-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  const { origin, baseUrl } = provider;
  writeFileSync(
    join(home, 'config.toml'),
    [
      'model_provider = "fake"',
      `chatgpt_base_url = "${origin}/backend-api/"`,
      '[model_providers.fake]',
      'name = "fake"',
      `base_url = "${baseUrl}"`,
      'wire_api = "responses"',
      'requires_openai_auth = true',
      'supports_websockets = false',
      'stream_max_retries = 0',
      '',
    ].join('\n'),
  );
  const issuer = {
    CODEX_APP_SERVER_LOGIN_ISSUER: origin,
    CODEX_APP_SERVER_LOGIN_CLIENT_ID: 'c',
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${origin}/oauth/token`,
  };
  const gateway = await startGateway(
    { ...issuer, CODEX_HOME: home, CODEX_PROVIDER_URL: '', WORKER_ENV_ALLOW: Object.keys(issuer).join(), ...env },
    { workersReady: Number(env['PROXY_WORKER_COUNT'] ?? 2) },
  );
  onTestFinished(() => gateway.kill());
  const tokens = { ...provider.login.tokens(), account_id: 'acc-1' };
  const stored = { auth_mode: 'chatgpt', OPENAI_API_KEY: null, tokens, last_refresh: new Date().toISOString() };
  return { server: new Server(gateway), provider, home, authFile: JSON.stringify(stored) };
}

test('P-39 one attempt is shared while it is open; when it succeeds turns go on, and the other workers follow', async () => {
  const captured = capture();
  const server = await serve(
    { ...captured.env, ...signedOut, PROXY_WORKER_COUNT: '3', FAKE_CODEX_LOGIN_MS: '5000' },
    { workersReady: 3 },
  );
  const asked = await Promise.all([server.chat(), server.resp(), server.chat({ stream: true })]);
  const [first, second, third] = asked.map(detailsOf);
  expect(first).toMatchObject({ auth_url: expect.stringMatching(/^https/), login_id: expect.any(String) });
  expect([second, third]).toEqual([first, first]);
  expect(detailsOf(await server.resp())).toEqual(first);
  expect(captured.requests('account/login/start')).toHaveLength(1);

  await server.gateway.until((line) => line.includes(' worker_ready ') && line.includes(' epoch=2 '));
  expect((await server.chat()).status).toBe(200);
  await untilReady(server.gateway);
  const replaced = (): number =>
    server.gateway.journal.filter((line) => / worker_ready slot=\d epoch=2 /.test(line)).length;
  await eventually('the other two are replaced', () => replaced() >= 2);
  expect(replaced()).toBe(2);
});

test('P-39 an attempt that fails is followed by a new one; the real CLI signs in by it', async () => {
  const { server, provider } = await real({ PROXY_WORKER_COUNT: '1' });
  const first = detailsOf(await server.chat());
  expect(first).toEqual({
    verification_url: `${provider.origin}/codex/device`,
    auth_url: `${provider.origin}/codex/device`,
    user_code: expect.any(String),
    login_id: expect.any(String),
  });
  expect(detailsOf(await server.resp())).toEqual(first);
  expect(provider.login.deny(first.user_code)).toBe(1);
  let next = first;
  // Whoever asks at the moment of the refusal is told no address: his next request begins the new attempt.
  while (next.login_id === first.login_id) next = detailsOf(await server.chat()) ?? first;
  expect(next.user_code).not.toBe(first.user_code);
  expect(provider.login.approve(next.user_code)).toBe(1);
  let status = 401;
  while (status === 401) ({ status } = await server.chat());
  expect(status).toBe(200);
  expect(provider.samplings.at(-1)?.headers['authorization']).toMatch(/^Bearer ./);
});

test('P-39 a start that is not answered within five seconds is a plain 401', async () => {
  const server = await serve({ ...signedOut, FAKE_CODEX_REFUSE: 'account/login/start:ignore:1' });
  const sentAt = performance.now();
  expect(detailsOf(await server.chat()) ?? null).toBeNull();
  expect(performance.now() - sentAt).toBeGreaterThan(4_500);
  expect(performance.now() - sentAt).toBeLessThan(8_000);
});

test('P-40 by default one signs in with a code, from anywhere', async () => {
  const captured = capture();
  const server = await serve({ ...captured.env, ...signedOut, FAKE_CODEX_LOGIN_MS: 'never' });
  const answer = await server.chat();
  const url = 'https://auth.openai.com/codex/device';
  const details = { verification_url: url, auth_url: url, user_code: 'ABCD-1234', login_id: expect.any(String) };
  expect(detailsOf(answer)).toEqual(details);
  expect(answer.json.error.message).toContain('user_code=ABCD-1234');
  expect(captured.requests('account/login/start')).toEqual([{ type: 'chatgptDeviceCode' }]);
});

test('P-40 the operator may choose the browser, which needs port 1455 of this machine', async () => {
  const captured = capture();
  const env = { FAKE_CODEX_LOGIN_MS: '500', PROXY_AUTH_LOGIN_FLOW: 'browser', PROXY_WORKER_COUNT: '2' };
  const server = await serve({ ...captured.env, ...signedOut, ...env }, { workersReady: 2 });
  const answer = await server.chat();
  const details = detailsOf(answer);
  expect(details).toEqual({ auth_url: expect.any(String), login_id: expect.any(String) });
  expect(decodeURIComponent(details.auth_url)).toContain('127.0.0.1:1455/auth/callback');
  expect(answer.json.error.message).toContain(`login_url=${details.auth_url}`);
  expect(answer.json.error.message).not.toContain('user_code');
  expect(captured.requests('account/login/start')).toEqual([{ type: 'chatgpt' }]);
  await server.gateway.until((line) => line.includes(' worker_ready ') && line.includes(' epoch=2 '));
  expect((await server.chat()).status).toBe(200);
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  expect(/PROXY_AUTH_LOGIN_FLOW.*1455/.test(page)).toBe(true);
  expect(/\b1435\b/.test(page)).toBe(false);
});

test.for(['1', '2'])(
  'P-41 with %s workers, an auth.json that is copied into the home signs in the next request',
  async (count) => {
    const { server, provider, home, authFile } = await real({ PROXY_WORKER_COUNT: count });
    expect(detailsOf(await server.chat())).toMatchObject({ user_code: expect.any(String) });
    putAuthFile(home, authFile);
    expect((await server.chat()).status).toBe(200);
    expect(provider.samplings.at(-1)?.headers['authorization']).toMatch(/^Bearer ./);
    expect((await server.resp({ stream: true })).text).toContain('response.completed');
    expect(server.gateway.journal.filter((line) => line.includes(' credentials_renewed '))).toHaveLength(1);
  },
);

test('P-41 P-42 an API key that is stored there serves when it is what the operator wants', async () => {
  const { server, provider, home } = await real({ PROXY_PREFERRED_AUTH_METHOD: 'apikey', PROXY_WORKER_COUNT: '1' });
  // A person is offered nothing: an account is not wanted.
  expect(detailsOf(await server.chat()) ?? null).toBeNull();
  provider.login.requireBearer = false;
  putAuthFile(home, JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: 'sk-of-the-operator' }));
  expect((await server.chat()).status).toBe(200);
  expect(provider.samplings.at(-1)?.headers['authorization']).toBe('Bearer sk-of-the-operator');
  expect(server.gateway.lines.tail()).not.toContain('sk-of-the-operator');
});
