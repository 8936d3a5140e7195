import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { generationsOf, inOrder, recordsIn, recordText } from './records.ts';

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'trace-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
};

test('earlier files come first, and others are left alone', () => {
  const at = folder();
  for (const name of ['a.log', 'a.log.1', 'a.log.10', 'a.log.2', 'a.log.gz', 'b.log.1'])
    writeFileSync(join(at, name), '');
  expect(generationsOf(join(at, 'a.log')).map((path) => path.slice(at.length + 1))).toEqual([
    'a.log.10',
    'a.log.2',
    'a.log.1',
    'a.log',
  ]);
  expect(generationsOf(join(at, 'none/a.log'))).toEqual([]);
});

test('only whole records of the request are found, whatever else stands there', async () => {
  const path = join(folder(), 'a.log');
  writeFileSync(`${path}.1`, '{"req_id":"req_aaaa","ts":1,"n":1}\n{"req_id":"req_bbbb","text":"req_aaaa"}\n');
  writeFileSync(
    path,
    'req_aaaa\n{"req_id":"req_aaaa"\nprefix {"req_id":"req_aaaa","ts":3,"n":2}\n{"req_id":"req_aaaa","ts":4',
  );
  expect((await recordsIn(path, 'req_aaaa', 'log')).map(({ value }) => value['n'])).toEqual([1, 2]);
});

test('they are put in the order of time, and shown', () => {
  const of = (source: string, at: number | null) => ({ source, at, value: { event: 'e', x: 1, none: null } });
  const ordered = inOrder([of('a', 5), of('b', null), of('c', 3)]);
  expect(ordered.map(({ source }) => source)).toEqual(['c', 'a', 'b']);
  expect(recordText(of('usage', 1_500))).toBe('00:00:01.500Z  usage   e  x=1');
});
