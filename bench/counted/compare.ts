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
/** Less than once in the two hundred deltas of a script. */
const rounding = 0.001;

const allowed = (name: keyof Costs, before: number): number =>
  name === 'heapBytes' ? before * (1 + heapTolerance) + heapBytesLeast : before + rounding;

const missing = (kind: string, before: object, now: object): readonly string[] =>
  Object.keys(before)
    .filter((name) => !Object.hasOwn(now, name))
    .map((name) => `${name}: ${kind} of the baseline, and not counted`);

/** Slack: what was won and is not in the baseline may be lost again unnoticed. Only of what is the same in every run. */
export const improvements = (now: Baseline, before: Baseline): readonly string[] =>
  Object.entries(now.costs).flatMap(([script, costs]) => {
    const known = before.costs[script];
    return costNames
      .filter((name) => name !== 'heapBytes' && known !== undefined && costs[name] < known[name] - rounding)
      .map((name) => `${script}: ${name} was ${known?.[name]}, is ${costs[name]}`);
  });

/** One line for each cost that is beyond what the baseline allows, that it does not know, or that it alone knows. */
export const complaints = (now: Baseline, before: Baseline): readonly string[] => [
  ...missing('a script', before.costs, now.costs),
  ...missing('a CPU ratio', before.cpu, now.cpu),
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
