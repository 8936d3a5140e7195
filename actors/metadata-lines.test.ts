/** Lines of metadata are left out, known early or late, and nothing else is, however the text was cut into pieces. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MetadataKeys, MetadataLines } from './metadata-lines.ts';

const run = (pieces: readonly string[], late: readonly string[] = []): string => {
  const keys = new MetadataKeys();
  const lines = new MetadataLines(keys);
  const shown = pieces.map((piece) => lines.push(piece)).join('');
  keys.add(late);
  return shown + lines.flush();
};

const atoms = fc.constantFrom(
  'Hello',
  '\n',
  '\r\n',
  ' ',
  'session_id: 1',
  'session_id',
  ':',
  '=',
  'x',
  'build_id: 7',
  'note: keep',
  '{"session_id":"a"}',
  '{"session_id":1,"other":2}',
  '{',
  'http://a',
  'é',
);
const texts = fc.array(atoms, { maxLength: 16 }).map((all) => all.join(''));

/** Cuts anywhere. */
const cut = (text: string, points: readonly number[]): readonly string[] => {
  const ends = [...new Set(points.map((point) => point % (text.length + 1)))].sort((a, b) => a - b);
  return [...ends, text.length].map((end, index) => text.slice(index === 0 ? 0 : ends[index - 1], end));
};

test('P-210 A-63 the pieces do not matter', () => {
  fc.assert(
    fc.property(texts, fc.array(fc.nat()), fc.subarray(['build_id', 'note']), (text, points, late) => {
      expect(run(cut(text, points), late)).toBe(run([text], late));
    }),
    { numRuns: 500 },
  );
});

test('P-210 what has no such line is not changed', () => {
  fc.assert(
    fc.property(texts, fc.array(fc.nat()), (text, points) => {
      fc.pre(!/session_id|rollout_path/.test(text));
      expect(run(cut(text, points))).toBe(text);
    }),
  );
});

test.each<[string, string, readonly string[]]>([
  ['Hello\nrollout_path: /a\nsession_id: b', 'Hello', []],
  ['Hello\nrollout_path: /a\nsession_id: b\n\n', 'Hello', []],
  ['Hello\r\nsession_id=b\r\n', 'Hello', []],
  ['session_id: b\nHello\n', 'Hello\n', []],
  ['A\nsession_id: b\nB', 'A\nB', []],
  ['A\n{"session_id": "b", "rollout_path": 1}\nB', 'A\nB', []],
  ['A\n{"session_id": "b", "answer": 1}\nB', 'A\n{"session_id": "b", "answer": 1}\nB', []],
  ['A\nbuild_id: 7\nnote: 1\nB', 'A\nnote: 1\nB', ['build_id']],
  ['A\nbuild_id: 7\nB', 'A\nbuild_id: 7\nB', []],
  ['my session_id: b', 'my session_id: b', []],
  ['session_id:', 'session_id:', []],
])('P-210 W-15 %j', (text, shown, late) => {
  expect(run(Array.from(text), late)).toBe(shown);
});

test('P-210 text is shown as it comes until a line could be metadata', () => {
  const lines = new MetadataLines(new MetadataKeys());
  expect([lines.push('Here are'), lines.push(' the steps:\n'), lines.push('1. do')]).toEqual([
    'Here are',
    ' the steps:',
    '\n1. do',
  ]);
});

test('P-210 what waits has a limit', () => {
  const lines = new MetadataLines(new MetadataKeys());
  const line = `note: ${'x'.repeat(90)}\n`;
  let shown = '';
  for (let index = 0; index < 10_000; index += 1) shown += lines.push(line);
  expect(line.repeat(10_000).length - shown.length).toBeLessThan(300_000);
  expect(shown + lines.flush()).toBe(line.repeat(10_000));
});
