import { expect, test } from 'vitest';
import { readOptions } from './cli.ts';

const known = ['saturation', 'latency'];
const otherwise = {
  names: [],
  short: false,
  rounds: null,
  json: null,
  page: false,
  from: null,
  profile: null,
  list: false,
  help: false,
};

test('without arguments everything runs', () => expect(readOptions([], known)).toEqual(otherwise));

test('names, once each, and options in any order', () => {
  const args = ['latency', '--short', '--rounds', '3', 'latency', '--json', 'out/bench.json', 'saturation'];
  expect(readOptions(args, known)).toEqual({
    ...otherwise,
    names: ['latency', 'saturation'],
    short: true,
    rounds: 3,
    json: 'out/bench.json',
  });
});

test.for([
  [['laytency'], 'there is no scenario laytency; there are saturation, latency'],
  [['--rounds', '0'], '--rounds must be a whole number from 1 to 1000, not 0'],
  [['--rounds', 'many'], '--rounds must be a whole number from 1 to 1000, not many'],
  [['--json', ''], '--json needs a name'],
  [['--from', 'x.json'], '--from is for --page'],
] as const)('%j is refused with the reason', ([args, reason]) =>
  expect(() => readOptions(args, known)).toThrow(reason),
);

test('an unknown option is refused', () => expect(() => readOptions(['--fast'], known)).toThrow(/--fast/));
