import { expect, test } from 'vitest';
import { readTime } from './usage-time.ts';

test.each([
  ['2026-11-30T08:00:00Z', Date.UTC(2026, 10, 30, 8)],
  ['2026-11-30T08:00:00+02:00', Date.UTC(2026, 10, 30, 6)],
  ['2026-11-30t08:00:00.250z', Date.UTC(2026, 10, 30, 8, 0, 0, 250)],
  ['2026-11-30T08:00', Date.UTC(2026, 10, 30, 8)],
  ['2026-11-30', Date.UTC(2026, 10, 30)],
  ['1790000000', 1_790_000_000_000],
  ['1790000000123', 1_790_000_000_123],
  ['0', 0],
])('P-182 %s is a time', (given, ms) => {
  expect(readTime(given)).toBe(ms);
});

test.each([
  '',
  'garbage',
  '1.5',
  '-1',
  '2026-13-01',
  '2026-02-30',
  '2026-04-31T08:00Z',
  '2026-11-30 08:00',
  '99999999999999999',
  '1e9',
  'May 1 2026',
])('P-182 %j is none', (given) => {
  expect(readTime(given)).toBeNull();
});
