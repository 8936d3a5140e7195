import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveBinary } from './binary.ts';

let folder: string;
const find = (binary: string | null, more: object = {}) =>
  resolveBinary({ binary, cwd: folder, environment: { PATH: `/nowhere:${folder}` }, ...more });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'codex-binary-'));
  for (const name of ['shim', 'shim.mjs', 'shim.ts', 'plain']) writeFileSync(join(folder, name), '');
  chmodSync(join(folder, 'shim'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a bare name is looked up in PATH, a path from the working directory', () => {
  const found = { found: true, command: join(folder, 'shim'), args: [] };
  expect(find('shim')).toEqual(found);
  expect(find('./shim')).toEqual(found);
  expect(find(join(folder, 'shim'))).toEqual(found);
});

test('a script runs with this Node', () => {
  expect(find('shim.mjs')).toEqual({ found: true, command: process.execPath, args: [join(folder, 'shim.mjs')] });
  expect(find('./shim.ts')).toMatchObject({ command: process.execPath });
});

test.for([
  ['codex-x', 'codex-x is not in PATH'],
  ['./nothing', 'does not exist'],
  ['nothing.mjs', 'does not exist'],
  ['./plain', 'cannot be executed (EACCES)'],
  ['/', '/ is not a file'],
] as const)('%s: %s', ([binary, reason]) => {
  expect(find(binary)).toMatchObject({ found: false, reason: expect.stringContaining(reason) });
});

test('without a name it is the package’s own', () => {
  const platform = { platform: 'sunos', arch: 'x64' };
  expect(find(null, platform)).toMatchObject({
    found: false,
    reason: expect.stringContaining('has none for sunos-x64'),
  });
  const absent = find(null, { platform: 'win32', arch: 'arm64' });
  expect(absent).toMatchObject({
    found: false,
    reason: expect.stringContaining('@openai/codex-win32-arm64 is not installed'),
  });
});
