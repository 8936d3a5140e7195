import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generatedMark } from './config-toml.ts';
import { HomeError, type HomeOptions, prepareHome } from './home.ts';

let folder: string;
let journal: string[];
let options: HomeOptions;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'codex-home-'));
  journal = [];
  const note = (event: string): void => void journal.push(event);
  options = {
    home: join(folder, 'home'),
    createHome: true,
    workdir: join(folder, 'work'),
    sqliteBase: join(folder, 'state'),
    binary: '/bin/false',
    environment: {},
    environmentAllow: [],
    model: 'gpt-6.1-sol',
    provider: { type: 'chatgpt' },
    streamIdleMs: 1_000,
    models: [{ slug: 'gpt-6.1-sol', context_window: 5 }],
    journal: { info: note, warn: note },
  };
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inHome = (name: string): string => join(folder, 'home', name);

describe('the home', () => {
  test('gets a configuration and a catalogue that only its owner may read, and nothing else', async () => {
    const prepared = await prepareHome(options);
    expect(prepared.models).toEqual([{ slug: 'gpt-6.1-sol', contextWindow: 5, defaultEffort: null }]);
    expect(readdirSync(join(folder, 'home')).toSorted()).toEqual(['config.toml', 'models.json']);
    expect(statSync(inHome('config.toml')).mode & 0o777).toBe(0o600);
    expect(readFileSync(inHome('config.toml'), 'utf8')).toContain(`model_catalog_json = "${inHome('models.json')}"`);
    expect(journal).toEqual([]);
  });

  test('P-71 names a forced provider that nobody has defined here', async () => {
    await prepareHome({ ...options, forcedProvider: 'corp' });
    expect(journal).toEqual(['home_provider_undefined']);
    expect(readFileSync(inHome('config.toml'), 'utf8')).toContain('\nmodel_provider = "corp"\n');
    await prepareHome({ ...options, forcedProvider: 'upstream' });
    expect(journal).toHaveLength(1);
  });

  test('is not written again when nothing has changed', async () => {
    await prepareHome(options);
    const before = statSync(inHome('config.toml'));
    await prepareHome(options);
    expect(statSync(inHome('config.toml')).ino).toBe(before.ino);
    await prepareHome({ ...options, streamIdleMs: 2_000 });
    expect(statSync(inHome('config.toml')).ino).not.toBe(before.ino);
  });

  test('keeps an operator’s configuration aside, once', async () => {
    mkdirSync(options.home);
    writeFileSync(
      inHome('config.toml'),
      'model = "o3"\nmodel_provider = "corp"\n[model_providers.corp]\nname = "corp"\n',
    );
    await prepareHome(options);
    await prepareHome(options);
    expect(readFileSync(inHome('config.operator.toml'), 'utf8')).toContain('o3');
    expect(readFileSync(inHome('config.toml'), 'utf8')).toContain('model_provider = "corp"');
    expect(readFileSync(inHome('config.toml'), 'utf8').startsWith(generatedMark)).toBe(true);
    expect(journal).toEqual(['home_operator_config']);
  });

  test('announces an AGENTS.md and leaves it alone', async () => {
    mkdirSync(options.home);
    writeFileSync(inHome('AGENTS.md'), 'be kind');
    await prepareHome(options);
    expect(journal).toEqual(['home_agents_md']);
    expect(readFileSync(inHome('AGENTS.md'), 'utf8')).toBe('be kind');
  });

  test('with a CLI that has no catalogue gets the least one, and says so', async () => {
    const { models: _models, ...without } = options;
    const prepared = await prepareHome(without);
    expect(prepared.models.map(({ slug }) => slug)).toEqual(['gpt-6.1-sol']);
    // It stands for a list that nobody knows.
    expect(prepared.listing).toEqual([]);
    expect(journal).toEqual(['home_catalog']);
  });

  test('that is missing, a file, or below a file is refused by name', async () => {
    await expect(prepareHome({ ...options, createHome: false })).rejects.toThrow(/^CODEX_HOME does not exist: /u);
    writeFileSync(join(folder, 'file'), '');
    await expect(prepareHome({ ...options, home: join(folder, 'file') })).rejects.toThrow(HomeError);
    await expect(prepareHome({ ...options, workdir: join(folder, 'file', 'x') })).rejects.toThrow(/working directory/u);
  });

  test.skipIf(process.getuid?.() === 0)('that cannot be written is refused by name', async () => {
    mkdirSync(options.home);
    chmodSync(options.home, 0o500);
    await expect(prepareHome(options)).rejects.toThrow(/^CODEX_HOME is not writable \(EACCES\)/u);
  });

  test('is cleared of what dead gateways left behind, and of nothing else', async () => {
    await prepareHome(options);
    const { stateFolder } = await import('./state-folder.ts');
    const ours = stateFolder(options.sqliteBase, 0, 1);
    const dead = ours.replace(`-${process.pid}-`, '-4194400-');
    const earlier = ours.replace(/-\d+-0-1$/u, '-1-0-1');
    const foreign = join(options.sqliteBase, 'something else');
    for (const path of [ours, dead, earlier, foreign]) mkdirSync(path);
    await prepareHome(options);
    expect([ours, dead, earlier, foreign].map((path) => existsSync(path))).toEqual([true, false, false, true]);
  });
});
