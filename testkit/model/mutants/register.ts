/**
 * What became of the mutants, on file: every verdict by name in `verdicts.json`, and in `survivors.json` why those that
 * survive need not be noticed. Invariant: the text of a verdict depends on the mutant, never on the run.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import type { Verdict } from './judge.ts';

/** By the mutant's name, in the order of the machines. */
export interface Register {
  readonly [mutant: string]: string;
}

const verdictsFile = new URL('./verdicts.json', import.meta.url);
const survivorsFile = new URL('./survivors.json', import.meta.url);

const read = (file: URL): Register => JSON.parse(readFileSync(file, 'utf8')) as Register;

export const readVerdicts = (): Register => read(verdictsFile);
/** Name to reason. */
export const readSurvivors = (): Register => read(survivorsFile);

export const writeVerdicts = (verdicts: Register): void =>
  writeFileSync(verdictsFile, `${JSON.stringify(verdicts, null, 2)}\n`);

/** As in `killed in talk by one outcome/resp_0: resp_0 has a second outcome`. */
export const verdictText = (verdict: Verdict): string => {
  if (verdict.verdict === 'killed') return `killed in ${verdict.scope} by ${verdict.by}`;
  return verdict.verdict === 'equivalent' ? 'equivalent' : `survived in ${verdict.scopes.join(', ')}`;
};

/** Of the mutants that change the reachable graph, so many must be killed. */
const killedMin = 0.95;

export interface Tally {
  readonly mutants: number;
  readonly killed: number;
  readonly equivalent: number;
  readonly survived: number;
}

export const tally = (verdicts: readonly string[]): Tally => {
  const are = (word: string): number => verdicts.filter((verdict) => verdict.startsWith(word)).length;
  return { mutants: verdicts.length, killed: are('killed'), equivalent: are('equivalent'), survived: are('survived') };
};

/** Of those that change the reachable graph. */
export const killedShare = ({ killed, survived }: Tally): number =>
  killed + survived === 0 ? 1 : killed / (killed + survived);

/** Rounded down: what is not quite enough must not look like it. */
export const percent = (share: number): string => `${Math.floor(1_000 * share) / 10} %`;

/**
 * What is wrong with verdicts, in words. Those on file are of the same mutants, and perhaps of others; the share is that of all
 * of them, for a part may have more than its part of the survivors.
 */
export const complaints = (verdicts: Register, onFile: Register, survivors: Register): string[] => {
  const share = killedShare(tally(Object.values({ ...onFile, ...verdicts })));
  const judged = Object.entries(verdicts);
  return [
    ...(share < killedMin ? [`only ${percent(share)} of those that change the reachable graph are killed`] : []),
    ...judged.flatMap(([name, verdict]) => {
      const survives = verdict.startsWith('survived');
      if (survives === name in survivors) return [];
      return [
        survives
          ? `survives, and survivors.json does not say why: ${name}`
          : `in survivors.json, but ${verdict}: ${name}`,
      ];
    }),
    ...judged.flatMap(([name, verdict]) =>
      onFile[name] === verdict
        ? []
        : [`verdicts.json has "${onFile[name] ?? 'nothing'}" instead of "${verdict}": ${name}`],
    ),
  ];
};

/** Names on file that are no mutants any more. */
export const leftovers = (names: readonly string[], ...registers: readonly Register[]): string[] => {
  const known = new Set(names);
  return registers
    .flatMap((register) => Object.keys(register))
    .filter((name) => !known.has(name))
    .map((name) => `on file, but no mutant: ${name}`);
};
