/** All mutants of the machines as shipped. */

import { type Machines, shipped } from '../gateway/house.ts';
import { type Mutant, mutantsOf } from './mutants.ts';

export interface Member extends Mutant {
  readonly machine: keyof Machines;
}

const machines: readonly (keyof Machines)[] = ['worker', 'supervisor', 'stream', 'login'];

/** By name, in the order in which they are reported. */
export const population: ReadonlyMap<string, Member> = new Map(
  machines.flatMap((machine) =>
    mutantsOf(shipped[machine]).map((mutant): [string, Member] => [mutant.name, { ...mutant, machine }]),
  ),
);
