import { expect, test } from 'vitest';
import { Tally } from './counters.ts';

test('a tally counts by name', () => {
  const tally = new Tally();
  const { count } = tally;
  expect(tally.counts()).toEqual({});
  for (const anomaly of ['turn.late', 'line.malformed', 'turn.late'] as const) count(anomaly);
  expect(tally.counts()).toEqual({ 'line.malformed': 1, 'turn.late': 2 });
});
