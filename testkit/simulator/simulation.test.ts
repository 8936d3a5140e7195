/** The simulator: one seed is one run, in every detail; and its judges are not blind. */

import { expect, test } from 'vitest';
import { allFaultKinds, missing } from './quotas.ts';
import { simulate } from './simulation.ts';
import { Sums } from './sums.ts';

const run = async (seed: number) => simulate({ seed, responses: 40, workers: 3, episodeResponses: 40, only: null });

test('the same seed gives the same trace, another one another', async () => {
  const [first, again, other] = [await run(5), await run(5), await run(6)];
  expect(first.failed).toBeNull();
  expect(first.sums.faultsTotal).toBeGreaterThan(0);
  expect(again.hash).toBe(first.hash);
  expect(other.hash).not.toBe(first.hash);
});

test('a simulation that saw too little says of what', () => {
  const sums = new Sums();
  expect(missing(sums).length).toBe(allFaultKinds.length + 4);
  for (const kind of allFaultKinds) Sums.count(sums.faults, kind, 200);
  sums.responses = 50_000;
  sums.deaths = 500;
  sums.concurrentMax = 400;
  expect(missing(sums)).toEqual([]);
  sums.faults.set('life.killed', 99);
  expect(missing(sums)).toEqual(['fault life.killed: 99 instead of at least 100']);
});
