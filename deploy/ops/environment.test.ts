import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { firstOf, isOn, loadEnvironment, numberOf } from './environment.ts';
import { Refusal } from './refusal.ts';

test('the environment wins over the file, and an empty value is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-env-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, '.env');
  writeFileSync(file, '# note\nexport KEY="of the file"\nDOMAIN=file.example\n');
  const env = loadEnvironment('.env', file, { DOMAIN: 'typed.example', KEY: '' });
  expect([firstOf(env, 'KEY'), env['DOMAIN']]).toEqual(['of the file', 'typed.example']);
});

test('a file that was named must be there, the usual one need not be', () => {
  expect(() => loadEnvironment('.env', '/nowhere/at/all', {})).toThrow(Refusal);
  expect(loadEnvironment('no/such/file', undefined, { A: '1' })).toEqual({ A: '1' });
});

test('numbers are checked, switches are read', () => {
  expect([numberOf({}, 'N', 60, 1, 100), numberOf({ N: ' 7 ' }, 'N', 60, 1, 100)]).toEqual([60, 7]);
  for (const N of ['0', '101', '1.5', '-1', 'many']) expect(() => numberOf({ N }, 'N', 60, 1, 100)).toThrow(Refusal);
  expect(['1', 'true', 'ON', '0', 'off', undefined].map(isOn)).toEqual([true, true, true, false, false, false]);
});
