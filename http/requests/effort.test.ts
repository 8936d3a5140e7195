import { expect, test } from 'vitest';
import { effectiveEffort, sortEfforts } from './effort.ts';

const model = (...names: string[]) => ({ id: 'm', target: 'm', efforts: names, effort: null, tiers: [] });

test('P-68: efforts are listed weakest first', () => {
  expect(sortEfforts(['odd', 'max', 'low', 'low'])).toEqual(['low', 'max', 'odd']);
});

test.each([
  ['none', ['low', 'high'], 'low'],
  ['minimal', ['none', 'low'], 'low'],
  ['medium', ['low', 'high'], 'high'],
  ['max', ['low', 'medium'], 'medium'],
  ['low', [], 'low'],
  ['low', ['odd'], 'odd'],
  ['odd', ['odd', 'low'], 'odd'],
])('P-69: %s among %j is %s', (asked, offered, effective) => {
  expect(effectiveEffort(asked, model(...offered))).toBe(effective);
});

test('P-68: any other word is refused with the words that are known', () => {
  expect(() => effectiveEffort('bogus', model('low', 'odd'))).toThrow(/must be one of none, .*, ultra, odd\.$/);
});
