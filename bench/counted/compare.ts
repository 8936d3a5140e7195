/** Whether costs got worse. What is counted must not grow at all, but for rounding; what is measured may vary within its tolerance. */

import { costNames, type Costs } from './costs.ts';

export interface Baseline {
  readonly costs: Readonly<Record<string, Costs>>;
  /** CPU time as a multiple of the reference loop's. */
  readonly cpu: Readonly<Record<string, number>>;
}

/** Of the heap: what the compiler leaves out of it is not always the same. */
const heapTolerance = 0.15;
const heapBytesLeast = 64;
export const cpuTolerance = 0.4;
const rounding = 0.02;

const allowed = (name: keyof Costs, before: number): number =>
  name === 'heapBytes' ? before * (1 + heapTolerance) + heapBytesLeast : before + rounding;

/** One line for each cost that is beyond what the baseline allows, or that it does not know. */
export const complaints = (now: Baseline, before: Baseline): readonly string[] => [
  ...Object.entries(now.costs).flatMap(([script, costs]) => {
    const known = before.costs[script];
    if (known === undefined) return [`${script}: not in the baseline`];
    return costNames
      .filter((name) => costs[name] > allowed(name, known[name]))
      .map((name) => `${script}: ${name} was ${known[name]}, is ${costs[name]}`);
  }),
  ...Object.entries(now.cpu).flatMap(([name, ratio]) => {
    const known = before.cpu[name];
    if (known === undefined) return [`${name}: no CPU ratio in the baseline`];
    const worse = ratio > known * (1 + cpuTolerance);
    return worse ? [`${name}: ${ratio} times the CPU of the reference loop, was ${known}`] : [];
  }),
];
