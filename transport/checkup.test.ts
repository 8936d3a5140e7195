import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkAccount, checkCli, checkFolder, checkHomeFiles, checkPort } from './checkup.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'codex-actors-checkup-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const cli = (binary: string, mode: 'app-server' | 'proto' = 'app-server') =>
  checkCli({ binary, cwd: folder, environment: {} }, mode);

test('the CLI: the right one, another version, none, one that does not run', async () => {
  const right = script('right.mjs', 'console.log("codex-cli 0.169.0")');
  const old = script('old.mjs', 'console.log("codex-cli 0.42.0")');
  const other = script('other.mjs', 'console.log("codex-cli 0.168.0")');
  const broken = script('broken.mjs', 'process.exit(3)');
  expect(await cli(right)).toMatchObject({ verdict: 'good' });
  expect(await cli(old)).toMatchObject({
    verdict: 'bad',
    remedy: expect.stringContaining('PROXY_USE_APP_SERVER=false'),
  });
  expect(await cli(other)).toMatchObject({ verdict: 'note' });
  expect(await cli(old, 'proto')).toMatchObject({ verdict: 'good' });
  expect(await cli(broken)).toMatchObject({ verdict: 'bad' });
  expect(await cli(join(folder, 'none.mjs'))).toMatchObject({ verdict: 'bad' });
});

test('folders: there, still to be made, required, a file', async () => {
  const file = script('file', '');
  expect(await checkFolder('HOME', folder, true)).toMatchObject({ verdict: 'good' });
  expect(await checkFolder('HOME', join(folder, 'new'), false)).toMatchObject({ verdict: 'good' });
  expect(await checkFolder('HOME', join(folder, 'new'), true)).toMatchObject({ verdict: 'bad' });
  expect(await checkFolder('HOME', file, false)).toMatchObject({ verdict: 'bad' });
});

test('the home: an operator’s own files are told of', async () => {
  expect(await checkHomeFiles(folder)).toEqual([]);
  script('config.toml', 'model_provider = "mine"\nmodel = "x"\n[mcp_servers.a]\n');
  script('AGENTS.md', 'be kind');
  const [config, agents] = await checkHomeFiles(folder);
  expect(config?.what).toMatch(/config\.operator\.toml.*left out: model, mcp_servers\.a$/);
  expect(agents?.what).toContain('AGENTS.md');
});

test('the account: none, one, or a provider of one’s own', async () => {
  expect(await checkAccount(folder, false)).toMatchObject({ verdict: 'note' });
  expect(await checkAccount(folder, true)).toMatchObject({ verdict: 'good' });
  script('auth.json', '{}');
  expect(await checkAccount(folder, false)).toMatchObject({ verdict: 'good' });
});

test('a port that is taken, and one that is free', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => {
    holder.listen(0, '127.0.0.1', resolve);
  });
  const { port } = holder.address() as { port: number };
  expect(await checkPort('127.0.0.1', port)).toMatchObject({
    verdict: 'bad',
    remedy: expect.stringContaining(String(port)),
  });
  await new Promise((resolve) => {
    holder.close(resolve);
  });
  expect(await checkPort('127.0.0.1', port)).toMatchObject({ verdict: 'good' });
  expect(await checkPort('127.0.0.1', 0)).toMatchObject({ verdict: 'good' });
});
