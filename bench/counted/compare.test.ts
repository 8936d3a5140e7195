import { expect, test } from 'vitest';
import { type Baseline, complaints, improvements } from './compare.ts';

const costs = { letters: 10, parsedBytes: 0, stringifiedBytes: 5, writes: 1, writtenBytes: 200, heapBytes: 1_000 };
const before: Baseline = { costs: { a: costs }, cpu: { delta: 2 } };
const now = (more: Partial<typeof costs>, cpu = 2): Baseline => ({
  costs: { a: { ...costs, ...more } },
  cpu: { delta: cpu },
});

test('what is as before, or better, is no news', () => {
  expect(complaints(before, before)).toEqual([]);
  expect(complaints(now({ letters: 9, heapBytes: 1_200 }, 2.7), before)).toEqual([]);
});

test('each count that grew is named, with both numbers; the heap and the CPU may vary', () => {
  expect(complaints(now({ parsedBytes: 20, heapBytes: 1_300 }, 2.9), before)).toEqual([
    'a: parsedBytes was 0, is 20',
    'a: heapBytes was 1000, is 1300',
    'delta: 2.9 times the CPU of the reference loop, was 2',
  ]);
});

test('what the baseline does not know has to be put there', () => {
  const more: Baseline = { costs: { b: costs }, cpu: { response: 1 } };
  const all = { costs: { ...before.costs, ...more.costs }, cpu: { ...before.cpu, ...more.cpu } };
  expect(complaints(all, before)).toEqual(['b: not in the baseline', 'response: no CPU ratio in the baseline']);
});

test('what is not counted any more has to be taken out of the baseline', () => {
  expect(complaints({ costs: {}, cpu: {} }, before)).toEqual([
    'a: a script of the baseline, and not counted',
    'delta: a CPU ratio of the baseline, and not counted',
  ]);
});

test('what was won is told, so that it is put in the baseline; the heap varies by itself', () => {
  expect(improvements(now({ letters: 9, heapBytes: 900 }), before)).toEqual(['a: letters was 10, is 9']);
  expect(improvements(before, before)).toEqual([]);
  expect(improvements({ costs: { b: costs }, cpu: {} }, before)).toEqual([]);
});
