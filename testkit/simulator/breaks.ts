/** All defects that can be put back, and the proof that the simulation finds each. */

import { answerBreaks } from './breaks-answer.ts';
import { runtimeBreaks } from './breaks-runtime.ts';
import { wireBreaks } from './breaks-wire.ts';
import type { Break } from './break.ts';
import { type SimulationResult, simulate } from './simulation.ts';

export const breaks: readonly Break[] = [...answerBreaks, ...wireBreaks, ...runtimeBreaks];

const run = async ({ mix, responses }: Break, seed: number, defect: Break | null): Promise<SimulationResult> =>
  simulate({
    seed,
    responses,
    workers: 2,
    episodeResponses: responses,
    only: 0,
    mix,
    ...(defect === null ? {} : { defect }),
  });

/** Null: the small simulation is green without the defect, and red with it for the expected reason. */
export const objection = async (one: Break, seed: number): Promise<string | null> => {
  const green = await run(one, seed, null);
  const fault = green.failed?.result.violation;
  if (fault !== undefined) return `red without the defect: ${fault?.message}`;
  const red = await run(one, seed, one);
  const violation = red.failed?.result.violation ?? null;
  if (violation === null) return 'green with the defect';
  return one.expects.test(violation.message) ? null : `red for another reason: ${violation.message}`;
};
