/** The Dockerfile and the homes of Codex, without an engine. `npm run test:deploy` builds the image and looks into its context. */

import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { root, textOf } from './compose-file.ts';

const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
const dockerfile = textOf('Dockerfile').replaceAll('\\\n', ' ');
const isRepository = existsSync(join(root, '.git'));

/** What the build copies out of this folder. */
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, words = '']) =>
  words.trim().split(/\s+/).slice(0, -1),
);

test('P-236 W-61 everything that the Dockerfile copies exists, and the build may see it', () => {
  expect(copied.length).toBeGreaterThan(8);
  expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  const admitted = textOf('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const hidden = copied.filter(
    (path) => !admitted.some((one) => `${one}/`.startsWith(`${path}/`) || path.startsWith(`${one}/`)),
  );
  expect(hidden).toEqual([]);
  expect(admitted.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('P-236 W-61 every file that a program of the image imports is in the image', () => {
  const seen = new Set<string>();
  const follow = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, path = ''] of text.matchAll(/(?:\bfrom|\bimport\(|^import)\s*'(\.[^']+)'/gm))
      follow(relative(root, join(root, dirname(file), path)));
  };
  for (const program of ['http/main.ts', 'deploy/auth/main.ts', 'testkit/app-server/main.ts', 'testkit/proto/main.ts'])
    follow(program);
  const admitted = textOf('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  expect(seen.size).toBeGreaterThan(150);
  const absent = [...seen].filter((file) => !admitted.some((path) => file === path || file.startsWith(`${path}/`)));
  expect(absent).toEqual([]);
  expect([...seen].filter((file) => /\.(test|e2e|parity)\.ts$|\/fixtures\//.test(file))).toEqual([]);
});

test('P-236 the image is production’s: no scripts of packages, no root, a health check, what the environment says', () => {
  expect(dockerfile).toMatch(/npm ci --omit=dev[^\n]*--ignore-scripts/);
  expect(dockerfile).toMatch(/^USER node$/m);
  expect(dockerfile).toMatch(/^HEALTHCHECK [^\n]*\/readyz/m);
  for (const setting of [
    'NODE_ENV=production',
    'PORT=11435',
    'CODEX_HOME=/app/.codex-api',
    'CODEX_BIN=/usr/local/lib/codex-cli/',
  ])
    expect(dockerfile).toContain(setting);
  expect(dockerfile).toMatch(/RUN node deploy\/image\/prove\.mjs/);
  expect(textOf('deploy/image/prove.mjs')).toContain("codex('app-server', '--help')");
});

test('P-236 the base has one version, of glibc, that the launcher would take; both stages are on it', () => {
  const [, version, system] = /^ARG NODE_IMAGE=node:(\d+\.\d+\.\d+)-(\S+)$/m.exec(dockerfile) ?? [];
  const fetched = JSON.parse(textOf('deploy/node/package.json')) as { optionalDependencies: Record<string, string> };
  expect([system, Object.values(fetched.optionalDependencies)]).toEqual([
    'bookworm-slim',
    expect.arrayContaining([version]),
  ]);
  expect([...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)).toEqual(['${NODE_IMAGE}', '${NODE_IMAGE}']);
  expect(textOf('docs/deployment.md')).toContain(`node:${version}-${system}`);
});

test('P-236 a build ends in one line where the CLI is another one, or has no app-server', () => {
  const { dependencies } = JSON.parse(textOf('package.json')) as { dependencies: Record<string, string> };
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-prove-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const proved = (version: string, help: string) => {
    writeFileSync(
      join(folder, 'codex'),
      `#!/bin/sh\ncase $1 in --version) echo codex-cli ${version};; *) ${help};; esac\n`,
      {
        mode: 0o755,
      },
    );
    const { status, stdout, stderr } = spawnSync(process.execPath, ['deploy/image/prove.mjs'], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: folder },
    });
    return [status, stdout, stderr];
  };
  const pinned = dependencies['@openai/codex'] ?? '';
  expect(proved('0.1.0', 'echo app-server')).toEqual([
    1,
    '',
    `image: the CLI says codex-cli 0.1.0, pinned is ${pinned}\n`,
  ]);
  expect(proved(pinned, 'exit 3')).toEqual([
    1,
    '',
    expect.stringMatching(/^image: codex app-server --help fails: .*\n$/),
  ]);
  expect(proved(pinned, 'echo no')).toEqual([
    1,
    '',
    expect.stringMatching(/^image: codex app-server --help says nothing/),
  ]);
});

test('P-237 the context is a list of what goes in, and secrets are named besides', () => {
  const lines = textOf('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines[0]).toBe('*');
  for (const pattern of ['.git', '**/node_modules', '**/test-results', '**/.env*', '**/*.log'])
    expect(lines).toContain(pattern);
  for (const home of ['.codev/**', '.codex-api/**', '.codex-responses-api/**']) expect(lines).toContain(home);
  expect(lines.filter((line) => /^!\.(?!npmrc)/.test(line))).toEqual([]);
});

test.runIf(isRepository)('P-247 the homes are tracked as far as they hold nothing of anybody', () => {
  const tracked = git('ls-files', '.codev', '.codex-api', '.codex-responses-api').trim().split('\n');
  expect(tracked.toSorted()).toEqual([
    '.codev/AGENTS.example.md',
    '.codev/README.md',
    '.codev/config.toml',
    '.codex-api/.gitkeep',
    '.codex-api/README.md',
    '.codex-responses-api/.gitkeep',
    '.codex-responses-api/README.md',
  ]);
  const never = ['.codev', '.codex-api', '.codex-responses-api'].flatMap((home) =>
    ['auth.json', 'models.json', 'config.operator.toml', 'sessions/a.jsonl', 'AGENTS.md'].map(
      (name) => `${home}/${name}`,
    ),
  );
  never.push('.codex-api/config.toml', '.env', '.env.dev', '.env.local', 'test-results/a', 'backups/a.tar.gz');
  expect(
    git('check-ignore', ...never)
      .trim()
      .split('\n'),
  ).toEqual(never);
});

test('P-247 the documents say what a home is made of, who may read it, and how its sign-in is changed', () => {
  const page = textOf('docs/deployment.md');
  const homes = /## Homes of Codex\n([\s\S]*?)\n## /.exec(page)?.[1] ?? '';
  for (const word of ['auth.json', 'config.toml', 'AGENTS.md', '600', 'uid 1000', '/home/node/.codex', 'not writable'])
    expect(homes).toContain(word);
  expect(homes).toMatch(/Nothing has to be\s+restarted/);
});

/** Cells of the rows of a table in the documents. */
const tableUnder = (heading: string): readonly (readonly string[])[] => {
  const section =
    textOf('docs/deployment.md')
      .split(new RegExp(`^## ${heading}$`, 'm'))[1]
      ?.split(/^## /m)[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (port|control) /.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
};

test('P-253 the table of ports', () => {
  const rows = tableUnder('Ports');
  const of = (port: string): string => rows.find(([cell]) => cell === port)?.[1] ?? '';
  expect(of('11435')).toContain('`app`');
  expect(of('11436')).toContain('`app-responses`');
  expect(of('18000')).toContain('npm run dev');
  expect(of('18010')).toContain('development stack');
  expect(of('18080')).toContain('`auth`');
  expect(of('18081')).toContain('`auth-dev`');
  expect(of('1455')).toContain('sign-in');
});

test('P-248 P-249 the table of controls says of each what the edge does and what the gateway does', () => {
  const rows = tableUnder('Edge and gateway');
  const of = (control: string): string =>
    rows
      .find(([cell]) => cell === control)
      ?.slice(1)
      .join(' | ') ?? '';
  expect(of('CORS')).toMatch(/PROXY_CORS_ALLOWED_ORIGINS.*PROXY_CORS_ALLOWED_ORIGINS.*PROXY_ENABLE_CORS=false/);
  expect(of('rate limit')).toMatch(/200.*400.*per key.*off/);
  for (const control of ['key', 'preflight', 'security headers', 'models', 'metrics', 'body size', 'TLS'])
    expect(rows.map(([cell]) => cell)).toContain(control);
  expect(rows.filter((row) => row.length !== 3 || row.some((cell) => cell === ''))).toEqual([]);
});

/** The script in a copy of what it needs, with a `docker` that only writes down how it was called. */
class DevStack {
  readonly folder = mkdtempSync(join(tmpdir(), 'codex-actors-dev-stack-'));

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
    for (const path of ['deploy', '.codev', 'bin']) mkdirSync(this.path(path));
    cpSync(join(root, 'deploy/ops'), this.path('deploy/ops'), { recursive: true });
    cpSync(join(root, '.env.dev.example'), this.path('.env.dev'));
    writeFileSync(this.path('bin/docker'), `#!/bin/sh\necho "$@" >> ${this.path('calls')}\n`, { mode: 0o755 });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  run(...args: string[]): Promise<{ code: number; text: string }> {
    const [action = '', ...options] = args;
    const env = { PATH: this.path('bin'), DEV_PORT: this.port };
    return new Promise((resolve) => {
      const argv = [this.path('deploy/ops/dev-stack.ts'), action, ...options];
      execFile(process.execPath, argv, { env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), text: `${stdout}${stderr}` });
      });
    });
  }

  port = '19010';

  /** How `docker` was called since. */
  calls(): readonly string[] {
    const path = this.path('calls');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
    rmSync(path, { force: true });
    return lines.filter((line) => line !== 'compose version');
  }
}

const compose = 'compose -p codex-dev --env-file .env.dev -f deploy/compose/dev.stack.yml';

test('P-265 up builds, starts and waits; logs follow the last 200 lines; down takes the volumes along', async () => {
  const stack = new DevStack();
  const gateway = createServer((_, response) => void response.end('{}')).listen(0, '127.0.0.1');
  onTestFinished(() => void gateway.close());
  await once(gateway, 'listening');
  stack.port = String((gateway.address() as AddressInfo).port);
  const up = await stack.run('up');
  expect(up).toMatchObject({ code: 0, text: expect.stringContaining(`http://127.0.0.1:${stack.port}/v1`) as string });
  expect(stack.calls()).toEqual([`${compose} up --detach --build`]);
  expect(existsSync(stack.path('test-results'))).toBe(true);

  await stack.run('logs');
  expect(stack.calls()).toEqual([`${compose} logs --follow --tail 200`]);

  // As the gateway leaves it behind.
  writeFileSync(stack.path('.codev/config.toml'), '# generated by codex-actors\n');
  writeFileSync(stack.path('.codev/config.operator.toml'), '# mine\n');
  expect((await stack.run('down')).code).toBe(0);
  expect(stack.calls()).toEqual([`${compose} down --volumes --remove-orphans`]);
  expect(readFileSync(stack.path('.codev/config.toml'), 'utf8')).toBe('# mine\n');
});

test('P-265 a dry run does nothing; what is missing or wrong is one line that says what to do', async () => {
  const stack = new DevStack();
  const dry = await stack.run('up', '--dry-run');
  expect(dry).toMatchObject({ code: 0, text: expect.stringContaining(`would docker ${compose} up`) as string });
  expect(dry.text).toContain('http://127.0.0.1:19010');
  expect(stack.calls()).toEqual([]);
  expect(await stack.run('sideways')).toMatchObject({
    code: 2,
    text: expect.stringContaining('up, down or logs') as string,
  });
  stack.port = 'x';
  expect(await stack.run('up')).toMatchObject({ code: 2, text: expect.stringContaining('DEV_PORT') as string });
  rmSync(stack.path('.env.dev'));
  expect(await stack.run('up')).toMatchObject({
    code: 2,
    text: expect.stringContaining('cp .env.dev.example .env.dev') as string,
  });
  expect((await stack.run('up', '--help')).text).toContain('DEV_PORT');
});
