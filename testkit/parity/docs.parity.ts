/** The documents, held against what they speak of: their links, their examples, the variables and routes that they name. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { variables } from '../../http/config-table.ts';
import { routeTemplate } from '../../http/routes.ts';
import { readTable } from './rows.ts';
import { type Loose, type Server, startServer } from './server.ts';

const root = join(import.meta.dirname, '../..');
const documents: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const guide = textOf('docs/getting-started.md');

/** Fenced blocks of one language. */
const blocks = (text: string, language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block);

/** As sites that show Markdown make them. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );

const brokenLinks = (path: string): readonly string[] =>
  [...textOf(path).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    const [file = '', anchor = ''] = link.split('#');
    const target = file === '' ? path : join(dirname(path), file);
    if (!existsSync(join(root, target))) return [`${path}: ${link}`];
    return anchor === '' || anchorsOf(textOf(target)).includes(anchor) ? [] : [`${path}: ${link}`];
  });

test('P-293 every subject has its page, the README leads to it, and no link is broken', () => {
  const subjects = [
    'getting-started',
    'configuration',
    'api',
    'deployment',
    'edge',
    'runbook',
    'scripts',
    'testing',
    'security',
    'metrics',
    'logs',
    'traces',
    'captures',
    'migrating',
    'upgrading',
    'errors',
    'architecture',
  ];
  const readme = textOf('README.md');
  for (const subject of subjects) expect(readme, subject).toContain(`docs/${subject}.md`);
  for (const file of ['CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'LICENSE']) expect(readme).toContain(file);
  expect(textOf('LICENSE')).toContain('MIT License');
  expect(documents.flatMap(brokenLinks)).toEqual([]);
});

test('P-294 every variable that a document names exists', () => {
  const named = (pattern: string) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
  const known = [
    ...Object.values(variables).flatMap(({ name, aliases, formerly }) => [name, ...aliases, ...formerly]),
    ...readTable().variables.flatMap(({ names }) => names),
    // What the stacks take from their file.
    ...['docker-compose.yml', 'docker-compose.local.yml', 'deploy/compose/dev.stack.yml'].flatMap((file) =>
      [...textOf(file).matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name),
    ),
    // Read by the exporter of OpenTelemetry itself.
    'OTEL_EXPORTER_OTLP_CERTIFICATE',
    'OTEL_EXPORTER_OTLP_COMPRESSION',
  ].map(named);
  const unknown = documents.flatMap((path) =>
    [
      ...textOf(path).matchAll(
        /`((?:PROXY|WORKER|CODEX|FAKE_CODEX|USAGE|SANITIZER|OTEL|TOKEN|ACCESS|PROTO)_[A-Z0-9_]+\*?)(?:=[^`]*)?`/g,
      ),
    ]
      .map(([, name = '']) => name)
      .filter((name) => !name.endsWith('_') && !known.some((pattern) => pattern.test(name)))
      .map((name) => `${path}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test('P-294 every route that the page of the API lists exists', () => {
  const listed = [...textOf('docs/api.md').matchAll(/^\| `(?:GET|POST|DELETE)[^|]*/gm)].flatMap(([row]) =>
    [...row.matchAll(/(?<!…)(\/[\w/{}.-]+)/g)].map(([, path = '']) => path),
  );
  expect(listed.length).toBeGreaterThan(10);
  expect(listed.filter((path) => routeTemplate(path.replace('{id}', 'x')) === 'other')).toEqual([]);
});

/** What the predecessor's documents said and its program did not do, where ours say it, and the rows whose tests hold it. */
const claims: readonly (readonly [what: string, page: string, said: RegExp, rows: readonly string[]])[] = [
  ['worker count', 'docs/configuration.md', /`PROXY_WORKER_COUNT` \| 2 /, ['P-170']],
  ['cancel on disconnect', 'docs/migrating.md', /A client that leaves ends its turn/, ['P-167', 'P-168']],
  ['usage in a chat', 'docs/api.md', /usage today/, ['P-186']],
  ['usage event', 'docs/api.md', /usage chunk of a chat stream also has `"event": "usage"`/, ['P-111', 'P-180']],
  ['login URL by default', 'docs/configuration.md', /`PROXY_AUTH_LOGIN_URL` \| true /, ['P-36']],
  ['minimal effort', 'docs/api.md', /-minimal/, ['P-67']],
  ['proto mode', 'docs/architecture.md', /`PROXY_PROTO_IDLE_MS` is the longest silence/, ['P-176']],
  ['the prefix codex/', 'docs/api.md', /with `codex\/` in front/, ['P-60']],
  ['what is listed', 'docs/api.md', /lists fixed names first/, ['P-6']],
  ['project documents', 'docs/deployment.md', /Documents of a project[^.]*are read into no prompt/, ['P-51']],
  ['graceful drain', 'docs/runbook.md', /SIGTERM drains/, ['P-177']],
  ['token bucket', 'docs/migrating.md', /token bucket for each verified key/, ['P-163']],
  ['bounded labels', 'docs/metrics.md', /bound/i, ['P-196']],
  ['redaction', 'docs/logs.md', /redact/i, ['P-204']],
  ['Node', 'README.md', /needs 22\.18 or later/, ['P-254']],
  ['dev script', 'CONTRIBUTING.md', /npm run dev`/, ['P-261']],
  ['image', 'docs/deployment.md', /docker build/, ['P-236']],
  ['quick start without a domain', 'docs/deployment.md', /docker-compose\.local\.yml/, ['P-244']],
  ['rate limits of the edge', 'docs/deployment.md', /200[^\n]*400/, ['P-242', 'P-249']],
  ['callback port', 'docs/deployment.md', /1455/, ['P-253']],
  ['SOURCE_HOME, DEST_HOME', 'docs/scripts.md', /SOURCE_HOME/, ['P-270']],
  ['backup layout', 'docs/scripts.md', /YYYY\/MM-DD/, ['P-274']],
  ['Roo configuration', 'docs/getting-started.md', /clients\/roo-openai-compatible\.json/, ['P-255']],
  ['.data', 'docs/deployment.md', /\.data/, ['P-238']],
];

test('W-60 each thing that the row names is looked at', () => {
  const { feature = '' } = readTable().rows.find(({ row }) => row === 'W-60') ?? {};
  const named = feature.replace(/^[^:]*: /, '').split(', ');
  expect(named.length).toBeGreaterThan(20);
  expect(claims).toHaveLength(named.length);
});

test.each(claims)('W-60 P-294 %s: said in %s, and held by tests', (_, page, said, rows) => {
  expect(textOf(page)).toMatch(said);
  const table = readTable().rows;
  for (const row of rows) {
    const found = table.find((one) => one.row === row);
    expect([row, found?.row]).toEqual([row, row]);
  }
});

test('P-295 the guide for moving over says what stays, what changes for clients, and what is refused at the start', () => {
  const migrating = textOf('docs/migrating.md');
  for (const title of [
    'What stays',
    'What you have to change',
    'Defaults that have changed',
    'What clients may notice',
    'What is not offered',
  ])
    expect(migrating).toContain(`## ${title}`);
  expect(migrating).not.toMatch(/not there yet|No effect yet/);
});

test('P-255 P-293 every client that is promised has its section, with a base URL and a model, or the file that has them', () => {
  const sections = guide.split(/^### /m).slice(1);
  const names = [
    'Obsidian Copilot',
    'Cursor',
    'Roo Code',
    'Cline',
    'Open WebUI',
    'Continue',
    'Codex CLI',
    'The OpenAI SDKs',
  ];
  expect(sections.map((section) => section.split('\n')[0])).toEqual(names);
  for (const section of sections) {
    expect(section).toMatch(/base.?url|apiBase|URL `http/i);
    expect(section).toMatch(/codex-5|models appear in the list|roo-openai-compatible\.json/);
  }
});

describe('the examples of getting started', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({ PROXY_API_KEY: 'codex-local-secret', PROXY_ENV: 'local' });
  });
  afterAll(() => server.gateway.kill());

  const here = (text: string): string => text.replaceAll(/127\.0\.0\.1:(11435|18000)/g, `127.0.0.1:${server.port}`);
  const run = (file: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}) =>
    new Promise<string>((resolve, reject) => {
      const env = { PATH: process.env['PATH'] ?? '', ...options.env };
      execFile(file, args, { ...options, env, timeout: 30_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${error.message}\n${stderr}`));
      }).stdin?.end();
    });
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'codex-actors-docs-'));
    onTestFinished(() => rmSync(made, { recursive: true, force: true }));
    return made;
  };

  test('P-293 P-255 the commands for a shell answer as a new user expects', async () => {
    const script = blocks(guide, 'sh').find((block) => block.includes('/readyz'));
    const said = await run('sh', ['-ec', here(script ?? 'false')]);
    expect(said).toContain('"ready":true');
    expect(said).toContain('"id":"codex-5"');
    expect(said).toContain('"content":"Hello from fake-codex."');
  });

  test.each([
    ['getting started', guide],
    ['README', textOf('README.md')],
  ])('P-255 the SDK example of %s runs as it is written', async (_, page) => {
    const place = folder();
    symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
    writeFileSync(join(place, 'example.ts'), here(blocks(page, 'ts')[0] ?? 'throw new Error("no example")'));
    writeFileSync(join(place, 'package.json'), '{"type":"module"}');
    expect(await run(process.execPath, ['example.ts'], { cwd: place })).toContain('Hello from fake-codex.');
  });

  test('P-255 the Codex CLI works with the configuration for it', async () => {
    const home = folder();
    writeFileSync(join(home, 'config.toml'), here(blocks(guide, 'toml')[0] ?? ''));
    const codex = join(root, 'node_modules/@openai/codex/bin/codex.js');
    const args = [codex, 'exec', '--skip-git-repo-check', '-s', 'read-only', '-C', home, 'Say hello.'];
    const env = { HOME: home, CODEX_HOME: home, GATEWAY_KEY: 'codex-local-secret' };
    expect(await run(process.execPath, args, { cwd: home, env })).toContain('Hello from fake-codex.');
  });

  test('P-255 the files for Roo Code and Continue are what these read, and name this gateway', async () => {
    const roo: Loose = JSON.parse(textOf('docs/clients/roo-openai-compatible.json'));
    const { apiConfigs, currentApiConfigName } = roo.providerProfiles;
    const profile = apiConfigs[currentApiConfigName];
    const [yaml] = blocks(guide, 'yaml');
    const [model] = (parse(yaml ?? '') as Loose).models;
    for (const [base, key, id] of [
      [profile.openAiBaseUrl, profile.openAiApiKey, profile.openAiModelId],
      [model.apiBase, model.apiKey, model.model],
    ]) {
      const answer = await fetch(here(`${base}/chat/completions`), {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: id, messages: [{ role: 'user', content: 'Say hello.' }] }),
      });
      expect([base, answer.status]).toEqual([base, 200]);
    }
  });

  test.each(['app://obsidian.md', 'capacitor://localhost', 'http://localhost'])(
    'P-255 Obsidian at %s may ask, with the headers of its client',
    async (origin) => {
      const headers = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-stainless-os,user-agent',
      };
      const answer = await server.send('OPTIONS', '/v1/chat/completions', headers);
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([204, origin]);
      expect(answer.headers['access-control-allow-headers']).toContain('x-stainless-os');
    },
  );
});
