import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';

const register = join(import.meta.dirname, 'stripped.ts');

/** What a program prints that imports `module.ts`, where that was kept. */
const printed = (module: string, kept: (digest: string) => unknown): string => {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-stripped-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'module.ts'), module);
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, 'module.ts')))
    .digest('base64');
  const content = kept(digest);
  const file = join(folder, 'stripped.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  const main = `const { useStripped } = await import(${JSON.stringify(register)});
    useStripped(${JSON.stringify(file)});
    console.log((await import(${JSON.stringify(join(folder, 'module.ts'))})).said);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', main], { encoding: 'utf8' });
  return stdout.trim() || stderr;
};

const module = "export const said: string = 'source';";
const text = "export const said         = 'kept';";

test('a module whose source was kept is what was kept of it', () => {
  expect(printed(module, (digest) => ({ [digest]: text }))).toBe('kept');
});

test.each<[string, (digest: string) => unknown]>([
  ['another source', () => ({ other: text })],
  ['no text', (digest) => ({ [digest]: 7 })],
  ['nothing', () => null],
  ['no JSON', () => '{"node":'],
])('Node strips the source itself where there is %s', (_, kept) => {
  expect(printed(module, kept)).toBe('source');
});
