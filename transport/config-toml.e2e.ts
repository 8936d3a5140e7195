/** The real CLI reads every configuration that we can generate, without a complaint. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveBinary } from './binary.ts';
import { type HomeOptions, prepareHome } from './home.ts';
import { modelOnly } from './powers.ts';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'codex-config-'));
});
afterAll(async () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const operator = 'model_provider = "corp"\n[model_providers.corp]\nname = "corp"\nbase_url = "http://127.0.0.1:1/v1"\n';

test.for<[string, Partial<HomeOptions>, string?]>([
  ['account', {}],
  [
    'account elsewhere',
    { provider: { type: 'chatgpt', baseUrl: 'http://127.0.0.1:1/v1', chatgptUrl: 'http://127.0.0.1:1/' } },
  ],
  ['provider with key', { provider: { type: 'url', url: 'http://127.0.0.1:1/v1', key: 'k' } }],
  ['provider', { provider: { type: 'url', url: 'http://127.0.0.1:1/v1' } }],
  ['web search', { powers: { ...modelOnly, webSearch: true } }],
  ['own tools', { powers: { ...modelOnly, ownTools: true } }],
  ['a policy that is for threads only', { powers: { ...modelOnly, approvalPolicy: 'untrusted' } }],
  ['an API key', { provider: { type: 'chatgpt', method: 'apikey' } }],
  ['another sandbox', { powers: { ...modelOnly, sandbox: 'workspace-write', approvalPolicy: 'on-request' } }],
  ['operator’s provider', {}, operator],
  ['least catalogue', { binary: '/bin/false' }],
])('%s', async ([name, changes, theirs]) => {
  const home = join(folder, name.replaceAll(/\W/gu, '_'));
  const options: HomeOptions = {
    home,
    createHome: true,
    workdir: join(folder, 'work'),
    sqliteBase: join(folder, 'state'),
    binary: null,
    environment: { PATH: process.env['PATH'] },
    environmentAllow: [],
    model: 'gpt-6.1-sol',
    provider: { type: 'chatgpt' },
    streamIdleMs: 300_000,
    journal: { info: () => {}, warn: () => {} },
    ...changes,
  };
  if (theirs !== undefined) {
    await prepareHome(options);
    await writeFile(join(home, 'config.toml'), theirs);
  }
  const { models } = await prepareHome(options);
  expect(models.length).toBe(changes.binary === undefined ? 12 : 1);
  const binary = resolveBinary({ binary: null, cwd: folder, environment: {} });
  if (!binary.found) throw new Error(binary.reason);
  const args = ['app-server', '--strict-config', '--print-startup-config'];
  const { stdout } = await run(binary.command, args, { env: { HOME: home, CODEX_HOME: home, PATH: '/usr/bin:/bin' } });
  expect(JSON.parse(stdout)).not.toHaveProperty('error');
});
