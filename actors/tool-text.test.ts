/** Blocks are found whole wherever the text is cut, and nothing of the text is lost. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { uncounted } from './tool-buffer.ts';
import { type Segment, ToolText } from './tool-text.ts';

const atoms = fc.constantFrom(
  '<use_tool>',
  '<use_tool name="x">',
  '</use_tool>',
  '<tool_call>',
  '</tool_call>',
  '<',
  '<use_',
  'tool',
  '>',
  ' ',
  '\n',
  'a',
  'é😀',
  '{"name":"f"}',
  '</',
);
const texts = fc.array(atoms, { maxLength: 24 }).map((all) => all.join(''));
const cut = (text: string, points: readonly number[]): readonly string[] => {
  const ends = [...new Set(points.map((point) => point % (text.length + 1)))].sort((a, b) => a - b);
  return [...ends, text.length].map((end, index) => text.slice(index === 0 ? 0 : ends[index - 1], end));
};

/** Text that belongs together in one piece. */
const joined = (segments: readonly Segment[]): readonly Segment[] => {
  const all: Segment[] = [];
  for (const segment of segments) {
    const last = all.at(-1);
    if (last !== undefined && last.tag === null && segment.tag === null)
      all[all.length - 1] = { text: last.text + segment.text, tag: null };
    else all.push(segment);
  }
  return all;
};
const run = (pieces: readonly string[], charsMax?: number): readonly Segment[] => {
  const found = new ToolText(uncounted, charsMax);
  return joined([...pieces.flatMap((piece) => found.push(piece)), ...found.flush()]);
};

test('P-134 W-2 the pieces do not matter, and nothing is lost', () => {
  fc.assert(
    fc.property(texts, fc.array(fc.nat()), fc.constantFrom(undefined, 12, 30), (text, points, charsMax) => {
      const whole = run([text], charsMax);
      expect(run(cut(text, points), charsMax)).toEqual(whole);
      expect(whole.map((segment) => segment.text).join('')).toBe(text);
    }),
    { numRuns: 1_000 },
  );
});

describe('P-134 P-135 what is told at once', () => {
  test.each<[readonly string[], readonly (readonly Segment[])[]]>([
    [['a < b'], [[{ text: 'a < b', tag: null }]]],
    [
      ['a<use_', 'x'],
      [[{ text: 'a', tag: null }], [{ text: '<use_x', tag: null }]],
    ],
    [
      ['<use_to', 'ol>x</use_tool>'],
      [[], [{ text: '<use_tool>x</use_tool>', tag: 'use_tool' }]],
    ],
    [['<use_tools>'], [[{ text: '<use_tools>', tag: null }]]],
    [
      ['b <use_tool>1<use_tool>2</use_tool> c'],
      [
        [
          { text: 'b ', tag: null },
          { text: '<use_tool>1', tag: null },
          { text: '<use_tool>2</use_tool>', tag: 'use_tool' },
          { text: ' c', tag: null },
        ],
      ],
    ],
  ])('%j', (pieces, told) => {
    const found = new ToolText(uncounted);
    expect(pieces.map((piece) => found.push(piece))).toEqual(told);
  });
});

test('P-134 a long block in small pieces takes linear time', () => {
  const body = 'x'.repeat(20);
  const found = new ToolText(uncounted);
  const startedAt = performance.now();
  found.push('<use_tool>');
  for (let index = 0; index < 50_000; index += 1) expect(found.push(body).length).toBe(0);
  expect(found.push('</use_tool>')[0]?.text.length).toBe(1_000_021);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test('P-135 a block beyond the limit is text', () => {
  const text = `<use_tool>${'x'.repeat(100)}</use_tool>y`;
  expect(run([text], 50)).toEqual([{ text, tag: null }]);
});
