/** Signing in with the real CLI, against an issuer of our own. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Provider } from '../testkit/provider/provider.ts';
import { startProvider } from '../testkit/provider/server.ts';
import { initialized, launched, realClock, silentJournal, type Worker, workerIds } from '../testkit/worker.ts';
import { prepareHome } from './home.ts';
import type { LauncherOptions } from './launcher.ts';
import { transportLimits } from '../testkit/transport-limits.ts';

let folder: string;
let provider: Provider;
let options: LauncherOptions;
let worker: Worker;

const issuerVariables = [
  'CODEX_APP_SERVER_LOGIN_ISSUER',
  'CODEX_APP_SERVER_LOGIN_CLIENT_ID',
  'CODEX_REFRESH_TOKEN_URL_OVERRIDE',
] as const;
const turn = (text: string) => ({
  model: 'gpt-6.1-sol',
  items: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }],
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'codex-account-'));
  provider = await startProvider({ login: { pollSeconds: 0 } });
  provider.login.requireBearer = true;
  const { origin, baseUrl } = provider;
  const [issuer, client, refresh] = issuerVariables;
  const places = { home: join(folder, 'home'), workdir: join(folder, 'work'), sqliteBase: join(folder, 'state') };
  const shared = {
    binary: null,
    environment: { PATH: process.env['PATH'], [issuer]: origin, [client]: 'c', [refresh]: `${origin}/oauth/token` },
    environmentAllow: issuerVariables,
    provider: { type: 'chatgpt', baseUrl, chatgptUrl: `${origin}/backend-api/` } as const,
    journal: silentJournal,
  };
  await prepareHome({ ...places, ...shared, createHome: true, model: 'gpt-6.1-sol', streamIdleMs: 300_000 });
  options = { ...places, ...shared, limits: transportLimits, clock: realClock, ids: workerIds };
  worker = await initialized(launched(options));
});

afterAll(async () => {
  worker.channel.send({ type: 'ask' });
  await worker.fact('process.exited');
  await provider.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('signed out, then signed in by device code, then a fresh process is signed in', async () => {
  expect(await worker.fact('account.observed')).toEqual({ type: 'account.observed', signedIn: false });
  const rejected = await worker.run(turn('[[sc:text]]'));
  expect(rejected.find((event) => event.type === 'turn.ended')?.outcome).toEqual({
    type: 'failed',
    failure: { code: 'signed_out' },
  });

  worker.channel.send({ type: 'login.start' });
  const { offer } = await worker.fact('login.offered');
  expect(offer.url).toBe(`${provider.origin}/codex/device`);
  expect(provider.login.approve(offer.code)).toBe(1);
  expect(await worker.fact('login.completed')).toMatchObject({ loginId: offer.loginId, success: true });
  await worker.until(() => worker.facts.find((fact) => fact.type === 'account.observed' && fact.signedIn === true));
  const accepted = await worker.run(turn('[[sc:text]]'));
  expect(accepted.find((event) => event.type === 'turn.ended')?.outcome).toEqual({ type: 'completed' });

  const fresh = await initialized(launched(options));
  expect(await fresh.fact('account.observed')).toEqual({ type: 'account.observed', signedIn: true });
  expect(await fresh.fact('limits.observed')).toMatchObject({
    limits: { primary: { usedPercent: 42, windowMinutes: 300 }, secondary: { usedPercent: 10, windowMinutes: 10_080 } },
  });
  fresh.channel.send({ type: 'ask' });
  await fresh.fact('process.exited');
});

test('an exhausted limit says when it is reset', async () => {
  const resets = Math.floor(Date.now() / 1_000) + 600;
  await worker.run(turn(`[[sc:headers used=100 resets=${resets}]]`));
  expect(worker.facts.findLast((fact) => fact.type === 'limits.observed')).toMatchObject({
    limits: { primary: { usedPercent: 100, windowMinutes: 300, resetsAt: resets }, secondary: { usedPercent: 10 } },
  });
  const events = await worker.run(turn('[[sc:status kind=usage]]'));
  const outcome = events.find((event) => event.type === 'turn.ended')?.outcome;
  expect(outcome).toMatchObject({ failure: { code: 'insufficient_quota', retryAfterMs: expect.any(Number) } });
});
