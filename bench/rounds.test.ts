import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { difference, measure, ratio, type Sample } from './rounds.ts';
import { median, spreadOf } from './statistics.ts';

const scenario = { name: 'some', shows: 'something' };
const context = (rounds: number) => ({ rounds, short: false, say: () => {} });

test('each round runs every variant once, and each is the first by turns', async () => {
  const order: string[] = [];
  const variants = ['a', 'b', 'c'].map((name) => ({
    name,
    measure(): Promise<Sample> {
      order.push(name);
      return Promise.resolve({ values: { speed: 1 } });
    },
  }));
  await measure(scenario, context(3), { variants, units: { speed: '/s' } });
  expect(order.join('')).toBe('abc' + 'abc' + 'bca' + 'cab');
});

test('ratios are made within a round, and targets are judged by their median', async () => {
  const speeds = { fast: [0, 20, 60, 90], slow: [0, 10, 20, 10] };
  const runs = { fast: 0, slow: 0 };
  const variants = (['fast', 'slow'] as const).map((name) => ({
    name,
    measure: (): Promise<Sample> => {
      const speed = speeds[name][runs[name]] ?? Number.NaN;
      runs[name] += 1;
      return Promise.resolve({ values: { speed }, cpuShares: { client: name === 'fast' ? 0.9 : 0.5 } });
    },
  }));
  const result = await measure(scenario, context(3), {
    variants,
    units: { speed: '/s' },
    derived: [ratio('speed', 'fast', 'slow'), difference('speed', '/s', 'slow', 'fast')],
    targets: [
      { key: 'twice', says: 'twice as fast', of: 'speed fast/slow', atLeast: 2 },
      { key: 'slow', says: 'slow', of: 'speed slow', atMost: 9 },
    ],
  });
  expect(result.comparisons).toEqual([
    { name: 'speed fast/slow', unit: '', spread: { median: 3, min: 2, max: 9 }, limitedBy: ['client'] },
    { name: 'speed slow-fast', unit: '/s', spread: { median: -40, min: -80, max: -10 }, limitedBy: ['client'] },
  ]);
  expect(result.verdicts.map(({ key, met, value }) => [key, met, value])).toEqual([
    ['twice', true, 3],
    ['slow', false, 10],
  ]);
  expect(result.figures.map(({ subject, limitedBy, cpuShares }) => [subject, limitedBy, cpuShares.client])).toEqual([
    ['fast', ['client'], 0.9],
    ['slow', [], 0.5],
  ]);
});

test.for([
  ['>=', undefined, '>='],
  [undefined, '>=', '<='],
  [undefined, '<=', '>='],
  ['>=', '<=', '>='],
  ['>=', '>=', '?'],
  [undefined, undefined, undefined],
] as const)('a ratio of %s to %s is %s', async ([above, below, expected]) => {
  const variants = [
    { name: 'a', bound: above },
    { name: 'b', bound: below },
  ].map(({ name, bound }) => ({
    name,
    measure: (): Promise<Sample> =>
      Promise.resolve({ values: { speed: 2 }, ...(bound === undefined ? {} : { bounds: { speed: bound } }) }),
  }));
  const plan = { variants, units: { speed: '/s' }, derived: [ratio('speed', 'a', 'b')] };
  const { figures, comparisons } = await measure(scenario, context(2), plan);
  expect([...figures, ...comparisons].map(({ bound }) => bound)).toEqual([above, below, expected]);
});

test('a variant is warmed up until two readings agree', async () => {
  const readings = [9, 5, 4, 4, 4];
  const told: string[] = [];
  const variants = [
    { name: 'a', measure: (): Promise<Sample> => Promise.resolve({ values: { cpu: readings.shift() ?? Number.NaN } }) },
  ];
  const plan = { variants, units: { cpu: 'us' }, warmUps: { figure: 'cpu', readingsMax: 12 } };
  const { figures } = await measure(scenario, { ...context(1), say: (line) => void told.push(line) }, plan);
  expect(figures[0]?.spread.median).toBe(4);
  expect(told[0]).toBe('a is warm after 4 readings');
});

test('a target about what nobody measured is an error', async () => {
  const variants = [{ name: 'a', measure: (): Promise<Sample> => Promise.resolve({ values: { speed: 1 } }) }];
  const targets = [{ key: 'k', says: 's', of: 'speed b', atLeast: 1 }];
  await expect(measure(scenario, context(1), { variants, units: { speed: '' }, targets })).rejects.toThrow('speed b');
});

test('the median lies between minimum and maximum, and half of all on each side', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1 }), (numbers) => {
      const spread = spreadOf(numbers);
      expect(spread.min <= spread.median && spread.median <= spread.max).toBe(true);
      const below = numbers.filter((each) => each < spread.median).length;
      const above = numbers.filter((each) => each > spread.median).length;
      expect(Math.max(below, above)).toBeLessThanOrEqual(numbers.length / 2);
    }),
  );
  expect(median([])).toBeNaN();
  expect(() => spreadOf([])).toThrow('no rounds');
  expect(() => spreadOf([1, Number.NaN])).toThrow('NaN');
});
