import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cachedShare, type Seen } from './cached-share.ts';

const item = (text: string, id = text): object => ({ type: 'message', id, content: text });
const turns = (keys: readonly string[]): readonly Seen[] =>
  keys.map((key, index) => ({
    key,
    items: Array.from({ length: index + 1 }, (_, at) => item(`word ${at}`, `${key} ${index} ${at}`)),
  }));

test('what an earlier request under the same key began with is cached, whatever the ids', () => {
  expect(cachedShare(turns(['a', 'a']), true)).toBeCloseTo(1 / 3);
  expect(cachedShare(turns(['a', 'b']), true)).toBe(0);
  expect(cachedShare(turns(['a', 'b']), false)).toBeCloseTo(1 / 3);
});

test('an item that differs ends the prefix', () => {
  const requests = [
    { key: 'a', items: [item('x'), item('y')] },
    { key: 'a', items: [item('z'), item('y')] },
  ];
  expect(cachedShare(requests, true)).toBe(0);
});

test('the share is at most 1, and a key that is looked at never helps', () => {
  const seen = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b'), items: fc.array(fc.constantFrom(item('x'), item('y'))) }),
  );
  fc.assert(
    fc.property(seen, (requests) => {
      const [same, any] = [cachedShare(requests, true), cachedShare(requests, false)];
      expect(same).toBeGreaterThanOrEqual(0);
      expect(any).toBeLessThanOrEqual(1);
      expect(same).toBeLessThanOrEqual(any);
    }),
  );
});
