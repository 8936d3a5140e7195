import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = new URL('.', import.meta.url);
const page = readFileSync(new URL('../../docs/model-checking.md', folder), 'utf8');

const blocks = (language: string): string[] =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```$/gmsu)].flatMap(([, is, text = '']) => (is === language ? [text] : []));

/** The example, as it stands on the page; run where its imports are. */
const [example = ''] = blocks('ts');
const [whole = '', ...broken] = blocks('text');
const changes = blocks('diff');

const run = (source: string): string => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-'], {
    cwd: fileURLToPath(folder),
    input: source,
    encoding: 'utf8',
  });
  return stdout + stderr;
};

const lines = (change: string, sign: string): string =>
  change
    .split('\n')
    .filter((line) => line.startsWith(sign))
    .map((line) => `${line.slice(1)}\n`)
    .join('');

test('the example on the page is the file', () => {
  expect(readFileSync(new URL('example.ts', folder), 'utf8')).toBe(example);
  expect(example.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
});

test('it prints what the page says', () => expect(run(example)).toBe(whole));

test.each(changes.map((change, index) => [change, broken[index]] as const))(
  'changed by\n%sit fails as the page says',
  (change, said) => {
    expect(example.split(lines(change, '-'))).toHaveLength(2);
    expect(run(example.replace(lines(change, '-'), () => lines(change, '+')))).toBe(said);
  },
);

test('each change has its story', () => expect([changes.length, broken.length]).toEqual([2, 2]));
