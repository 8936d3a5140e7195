import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CaptureFolder } from './capture-folder.ts';

let base = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'capture-folder-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const open = (filesMax = 10, bytesMax = 1_000) => new CaptureFolder(join(base, 'deep/er'), { filesMax, bytesMax });
const kept = { ok: true };

test('P-208 a capture is a whole file of its own, which nobody else may read', async () => {
  expect(await open().keep('a-stream.json', 'first')).toEqual(kept);
  expect(await open().keep('a-stream.json', 'second')).toEqual(kept);
  expect(readdirSync(join(base, 'deep/er'))).toEqual(['a-stream.json']);
  expect(readFileSync(join(base, 'deep/er/a-stream.json'), 'utf8')).toBe('second');
  expect(statSync(join(base, 'deep/er/a-stream.json')).mode & 0o077).toBe(0);
});

test('P-208 there are so many files of so many bytes, and whoever takes some away makes room', async () => {
  const folder = open(2, 100);
  for (const name of ['a.json', 'b.json']) expect(await folder.keep(name, 'x'.repeat(40))).toEqual(kept);
  expect(await folder.keep('c.json', 'x')).toEqual({ ok: false, reason: 'full' });
  // One that takes the place of another is no further one.
  expect(await folder.keep('a.json', 'x'.repeat(50))).toEqual(kept);
  expect(await folder.keep('a.json', 'x'.repeat(61))).toEqual({ ok: false, reason: 'full' });
  rmSync(join(base, 'deep/er/b.json'));
  expect(await folder.keep('c.json', 'x')).toEqual(kept);
  expect(readFileSync(join(base, 'deep/er/a.json'), 'utf8')).toBe('x'.repeat(50));
});

test('P-208 a link that somebody has put in its place is replaced, not followed', async () => {
  mkdirSync(join(base, 'deep/er'), { recursive: true });
  writeFileSync(join(base, 'theirs'), 'theirs');
  symlinkSync(join(base, 'theirs'), join(base, 'deep/er/a.json'));
  symlinkSync(join(base, 'theirs'), join(base, 'deep/er/a.json.partial'));
  expect(await open().keep('a.json', 'ours')).toEqual(kept);
  expect(readFileSync(join(base, 'theirs'), 'utf8')).toBe('theirs');
});

test('P-208 nothing but a plain name is a file', async () => {
  const folder = open();
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: fc.constantFrom('.', '/', '\\', 'a', '-', '\0') }), async (text) => {
      const name = `${text}.json`;
      if (/^[a-z0-9_][a-z0-9_.-]*$/.test(text)) return;
      expect(await folder.keep(name, 'x')).toEqual({ ok: false, reason: 'name' });
    }),
  );
});

test('P-208 a folder that cannot be had is a reason, and nothing is left of what could not be written', async () => {
  writeFileSync(join(base, 'deep'), 'a file where a folder should be');
  expect(await open().keep('a.json', 'x')).toEqual({ ok: false, reason: 'ENOTDIR' });
  rmSync(join(base, 'deep'));
  mkdirSync(join(base, 'deep/er/a.json/not-empty'), { recursive: true });
  expect(await open().keep('a.json', 'x')).toMatchObject({ ok: false });
  expect(readdirSync(join(base, 'deep/er'))).toEqual(['a.json']);
});
