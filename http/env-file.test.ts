import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { environmentOf, readEnvFile, strayLines } from './env-file.ts';

test('names, values, quotes, comments and line numbers', () => {
  const text = [
    '\ufeff# a comment',
    'PORT=11435',
    "export KEY='a # b'",
    'NAME="two\\nlines" # said',
    'BARE=a b # c',
    'EMPTY=',
    'no line',
  ];
  expect(readEnvFile(text.join('\r\n')).map(({ number, name, value }) => [number, name, value])).toEqual([
    [2, 'PORT', '11435'],
    [3, 'KEY', 'a # b'],
    [4, 'NAME', 'two\nlines'],
    [5, 'BARE', 'a b'],
    [6, 'EMPTY', ''],
  ]);
});

test('the last line of a name counts', () => {
  const lines = readEnvFile('A=1\nB=2\nA=3');
  expect(lines.map(({ overridden }) => overridden)).toEqual([true, false, false]);
  expect(environmentOf(lines)).toEqual({ A: '3', B: '2' });
});

const value = fc.stringMatching(/^[A-Za-z0-9_./:,*+-]{0,20}$/);
const quoted = fc.tuple(fc.constantFrom('', '"', "'"), value).map(([mark, text]) => `${mark}${text}${mark}`);

test('plain and quoted values are read as Node reads them', () => {
  const files = fc
    .uniqueArray(fc.tuple(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/), quoted), { selector: ([name]) => name })
    .map((pairs) => pairs.map(([name, text]) => `${name}=${text}`).join('\n'));
  fc.assert(
    fc.property(files, (text) => {
      expect(environmentOf(readEnvFile(text))).toEqual({ ...parseEnv(text) });
    }),
  );
});

test.each([
  ['a long run of blanks', `A=x${' '.repeat(200_000)}y`],
  ['many lines', 'A=1\n'.repeat(100_000)],
  ['a quote without end', `A="${'\\'.repeat(200_000)}`],
])('%s is read in time that grows with its length', (_, text) => {
  const before = performance.now();
  readEnvFile(text);
  expect(performance.now() - before).toBeLessThan(2_000);
});

test('a line that sets nothing is known by its number', () => {
  expect(strayLines('\ufeffA=1\n# c\n\nPROXY_API_KEY geheim\r\nB=2\n=x')).toEqual([4, 6]);
});
