import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { generatedMark } from '../../transport/config-toml.ts';
import { restoreConfig, seedHome } from './home.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'codex-actors-home-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const put = (name: string, text: string): void => writeFileSync(join(home, name), text);
const got = (name: string): string => readFileSync(join(home, name), 'utf8');

it('seeds what is missing, also the folder, and nothing twice', () => {
  const inside = join(home, 'new');
  expect([...seedHome(inside)].sort()).toEqual(['AGENTS.example.md', 'config.toml']);
  expect(seedHome(inside)).toEqual([]);
});

it('replaces nothing', () => {
  put('config.toml', 'mine');
  expect(seedHome(home)).toEqual(['AGENTS.example.md']);
  expect(got('config.toml')).toBe('mine');
});

it('seeds no file that the gateway would take for a newer one', () => {
  put('config.operator.toml', 'mine');
  expect(seedHome(home)).toEqual(['AGENTS.example.md']);
});

it('puts the configuration back that the gateway had put aside', () => {
  put('config.operator.toml', 'mine');
  put('config.toml', `${generatedMark}\nmodel = "x"\n`);
  restoreConfig(home);
  expect(got('config.toml')).toBe('mine');
  expect(readdirSync(home)).toEqual(['config.toml']);
});

it('keeps what somebody wrote meanwhile, and does without anything to put back', () => {
  restoreConfig(home);
  put('config.operator.toml', 'old');
  put('config.toml', 'new');
  restoreConfig(home);
  expect([got('config.toml'), got('config.operator.toml')]).toEqual(['new', 'old']);
});

it('has the same text as the tracked home', () => {
  const [tracked, templates] = ['.codev', 'deploy/codex-home'].map((name) => join(import.meta.dirname, '../..', name));
  for (const name of readdirSync(templates ?? '')) {
    const path = join(tracked ?? '', name);
    // A gateway that runs on it right now has its own there.
    if (!existsSync(path) || readFileSync(path, 'utf8').startsWith(generatedMark)) continue;
    expect(readFileSync(path, 'utf8'), name).toBe(readFileSync(join(templates ?? '', name), 'utf8'));
  }
});
