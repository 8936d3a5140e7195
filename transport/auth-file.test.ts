import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { AuthFile } from './auth-file.ts';

test('a new file, a changed one and a replaced one are told once each; a missing one is not', () => {
  const home = mkdtempSync(join(tmpdir(), 'codex-auth-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const path = join(home, 'auth.json');
  const file = new AuthFile(home);
  const told = (): boolean[] => [file.renewed(), file.renewed()];
  expect(told()).toEqual([false, false]);
  writeFileSync(path, '{}');
  expect(told()).toEqual([true, false]);
  writeFileSync(path, '{"a":1}');
  expect(told()).toEqual([true, false]);
  writeFileSync(join(home, 'next'), '{"a":2}');
  renameSync(join(home, 'next'), path);
  expect(told()).toEqual([true, false]);
  rmSync(path);
  expect(told()).toEqual([false, false]);
  // What was there before is known.
  writeFileSync(path, '{}');
  expect(new AuthFile(home).renewed()).toBe(false);
});
