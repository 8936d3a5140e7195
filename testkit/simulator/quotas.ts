/**
 * How much a full simulation must have seen: one that injected nothing would prove nothing. Invariant: every kind of fault that
 * exists is counted, so a new kind cannot be forgotten.
 */

import { birthKinds, mishapKinds } from './mishaps.ts';
import type { Sums } from './sums.ts';
import { clientKinds } from './swarm.ts';
import { faultKinds } from './turns.ts';

const responsesMin = 50_000;
const faultsMin = 10_000;
const deathsMin = 500;
const ofEachMin = 100;
const concurrentMin = 400;

export const allFaultKinds: readonly string[] = [...faultKinds, ...birthKinds, ...mishapKinds, ...clientKinds];

/** What is missing, one line each; none: everything was reached. */
export const missing = (sums: Sums): readonly string[] => {
  const least = (what: string, has: number, min: number): string[] =>
    has >= min ? [] : [`${what}: ${has} instead of at least ${min}`];
  return [
    ...least('responses', sums.responses, responsesMin),
    ...least('injected faults', sums.faultsTotal, faultsMin),
    ...least('worker deaths', sums.deaths, deathsMin),
    ...least('concurrent responses', sums.concurrentMax, concurrentMin),
    ...allFaultKinds.flatMap((kind) => least(`fault ${kind}`, sums.faults.get(kind) ?? 0, ofEachMin)),
  ];
};
