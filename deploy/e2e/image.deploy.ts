/** The image as it is built from this folder, run as it should be: read-only root, no capabilities, no new privileges. */

import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startProvider } from '../../testkit/provider/server.ts';
import { type Container, docker, image, startContainer, tryDocker } from './docker.ts';
import { freePorts } from './ports.ts';

const root = join(import.meta.dirname, '../..');
const key = 'key-of-the-deploy-tests';
const shim = '/app/scripts/fake-codex-jsonrpc.js';
const hardened = [
  '--init',
  '--read-only',
  ...['--tmpfs', '/tmp:mode=1777'],
  ...['--cap-drop', 'ALL'],
  ...['--security-opt', 'no-new-privileges'],
  ...['--health-interval', '500ms'],
];

const folder = (mode = 0o777): string => {
  const path = mkdtempSync(join(tmpdir(), 'codex-actors-image-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  chmodSync(path, mode);
  return path;
};

const settings = (env: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);

/** A gateway with a home of its own, in production as the image has it. */
const gateway = (env: Readonly<Record<string, string>>, more: readonly string[] = []): Promise<Container> =>
  startContainer([
    ...hardened,
    ...['-v', `${folder()}:/app/.codex-api`],
    ...settings({ PROXY_API_KEY: key, PROXY_WORKER_COUNT: '1', ...env }),
    ...more,
  ]);

const chat = (origin: string, extra: object = {}): Promise<Response> =>
  fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content: 'Say hello.' }], ...extra }),
  });

const originOf = ({ address }: Container): string => `http://${address}:11435`;

test('P-236 W-61 W-64 becomes healthy with a read-only root and no capabilities, and answers', async () => {
  const one = await gateway({ CODEX_BIN: shim });
  await one.healthy();
  const answer = (await (await chat(originOf(one))).json()) as { choices: { message: { content: string } }[] };
  expect(answer.choices[0]?.message.content).toBe('Hello from fake-codex.');
  expect((await one.exec('id', '-u')).trim()).toBe('1000');
  expect((await tryDocker('exec', one.id, 'touch', '/app/file')).stderr).toContain('Read-only file system');
  const [kept] = JSON.parse(await docker('image', 'inspect', image)) as {
    Config: { Env: string[]; User: string; Healthcheck: { Test: string[] } };
  }[];
  expect(kept?.Config.Env).toEqual(
    expect.arrayContaining([
      'NODE_ENV=production',
      'PORT=11435',
      'CODEX_HOME=/app/.codex-api',
      'CODEX_BIN=/usr/local/lib/codex-cli/bin/codex',
    ]),
  );
  expect(kept?.Config.User).toBe('node');
  expect(kept?.Config.Healthcheck.Test.join(' ')).toContain('/readyz');
});

test('P-236 holds the pinned CLI, the folders that it writes to, a bill of materials, and nothing of development', async () => {
  const shell = async (script: string): Promise<string> =>
    (await docker('run', '--rm', image, 'sh', '-c', script)).trim();
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(await shell('codex --version')).toBe(`codex-cli ${dependencies['@openai/codex']}`);
  expect(await shell('readlink -f "$(command -v codex)"')).toBe('/usr/local/lib/codex-cli/bin/codex');
  expect(await shell('codex app-server --help')).toContain('app-server');
  await shell('for one in /app/.codex-api /app/.data /tmp/codex-work; do touch "$one/file" || exit 1; done');
  const bill = JSON.parse(await shell('cat /usr/local/share/sbom/codex-actors.cdx.json')) as {
    bomFormat: string;
    components: { name: string; version: string }[];
  };
  expect(bill.bomFormat).toBe('CycloneDX');
  const billed = new Map(bill.components.map(({ name, version }) => [name, version]));
  expect(Object.keys(dependencies).filter((name) => billed.get(name) !== dependencies[name])).toEqual([]);
  expect(billed.has('vitest')).toBe(false);
  expect(await shell('ls node_modules')).not.toMatch(/vitest|typescript/);
  expect(await shell('find . -name "*.test.ts" -not -path "*/node_modules/*"')).toBe('');
});

test('P-236 answers through the real CLI', async () => {
  const provider = await startProvider();
  onTestFinished(() => provider.close());
  const [port] = await freePorts(1);
  const env = { PORT: String(port), PROXY_HOST: '127.0.0.1', CODEX_PROVIDER_URL: provider.baseUrl };
  const one = await gateway(env, ['--network', 'host']);
  await one.healthy();
  const answer = (await (await chat(`http://127.0.0.1:${port}`)).json()) as { choices: { finish_reason: string }[] };
  expect(answer.choices[0]?.finish_reason).toBe('stop');
  expect(await one.stop()).toBe(0);
});

test('P-236 on SIGTERM running streams are finished, then it ends with 0', async () => {
  const one = await gateway({
    CODEX_BIN: shim,
    FAKE_CODEX_MODE: 'long_stream',
    FAKE_CODEX_STREAM_TICKS: '20',
    FAKE_CODEX_STREAM_INTERVAL_MS: '100',
  });
  await one.healthy();
  const streams = await Promise.all(Array.from({ length: 8 }, () => chat(originOf(one), { stream: true })));
  const texts = streams.map((stream) => stream.text());
  const exit = one.stop();
  for (const text of await Promise.all(texts)) {
    expect(text).toContain('tick-19');
    expect(text).toMatch(/"finish_reason":"stop"[^\n]*\n[\s\S]*data: \[DONE\]\n/);
  }
  expect(await exit).toBe(0);
});

test('P-237 W-61 the build sees what it copies, and nothing that is secret', async () => {
  const context = folder();
  const put = (path: string): void => {
    mkdirSync(dirname(join(context, path)), { recursive: true });
    writeFileSync(join(context, path), '');
  };
  const wanted = ['package.json', '.npmrc', 'http/main.ts', 'http/requests/chat.ts', 'deploy/auth/main.ts'];
  const secret = [
    ...['.env', '.env.dev', '.env.production', 'http/.env', '.git/config', 'node_modules/a/index.js', 'server.log'],
    ...['.codev/auth.json', '.codex-api/auth.json', '.codex-responses-api/auth.json', '.codex-api/config.toml'],
    ...['http/auth.json', 'machines/a.log', 'test-results/a.json', 'coverage/a', '.data/usage.ndjson', 'id.pem'],
    ...['http/node_modules/a.js', 'http/requests/chat.test.ts', 'deploy/auth/.env.local', 'backups/a.tar.gz'],
  ];
  for (const path of [...wanted, ...secret]) put(path);
  copyFileSync(join(root, '.dockerignore'), join(context, '.dockerignore'));
  writeFileSync(join(context, 'Dockerfile.list'), 'FROM scratch\nCOPY . /\nCMD ["none"]\n');
  await docker('build', '-q', '-f', join(context, 'Dockerfile.list'), '-t', 'codex-actors:context', context);
  const id = (await docker('create', 'codex-actors:context')).trim();
  onTestFinished(async () => void (await tryDocker('rm', id)));
  const archive = join(context, 'context.tar');
  await docker('export', '-o', archive, id);
  const seen = readFileSync(archive, 'latin1');
  const names = [...secret, ...wanted].filter((path) => seen.includes(`${path}\0`));
  expect(names.toSorted()).toEqual(wanted.toSorted());
});
