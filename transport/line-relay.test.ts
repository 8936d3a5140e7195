import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineRelay } from './line-relay.ts';

const lines = fc.array(
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll('\n', '')),
  {
    minLength: 1,
  },
);

test('whatever the chunks: the same lines in the same order, and never a piece of one', () => {
  fc.assert(
    fc.property(lines, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (said, sizes) => {
      const passed: string[] = [];
      const relay = new LineRelay(10_000, (text, count) => {
        const lines = text.split('\n');
        expect(lines).toHaveLength(count);
        passed.push(...lines);
      });
      const bytes = Buffer.from(`${said.join('\n')}\n`);
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        relay.push(bytes.subarray(at, at + size));
        at += size;
      }
      relay.end();
      expect(passed).toEqual(said);
    }),
  );
});

test('a last line without its end is passed on at the end, and a line beyond the limit in pieces', () => {
  const passed: string[] = [];
  const relay = new LineRelay(10, (text) => passed.push(text));
  relay.push(Buffer.from('0123456789abc'));
  relay.push(Buffer.from('def'));
  expect(passed).toEqual(['0123456789abc']);
  relay.end();
  relay.end();
  expect(passed).toEqual(['0123456789abc', 'def']);
});
