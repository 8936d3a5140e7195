/**
 * The scopes in which mutants are checked: tiny ones, in which most of them die within a tenth of a second, and all those that
 * the machines themselves are checked in.
 */

import { type HouseScope, houseModel, type Machines } from '../gateway/house.ts';
import { scopes } from '../gateway/scopes.ts';
import type { Model } from '../actor.ts';

/** A scope with any machines in it. */
export interface Rung {
  readonly name: string;
  /** Letters in one queue. */
  readonly queueMax: number;
  model(machines: Machines): Model;
}

const faults = {
  process: ['crash', 'stall', 'refuse', 'hang', 'wear', 'stay'],
  turn: ['hang', 'refuse', 'fail', 'repeat', 'late', 'hold', 'break', 'overflow', 'resample', 'retry'],
} as const satisfies Partial<HouseScope>;

const tiny = (name: string, more: Partial<HouseScope>): HouseScope & { readonly name: string } => ({
  name: `tiny: ${name}`,
  workers: 1,
  streams: 1,
  faults: 1,
  process: [],
  turn: [],
  ...more,
});

const tinyScopes: readonly (HouseScope & { readonly name: string; readonly queueMax?: number })[] = [
  tiny('a turn', { faults: 0, choices: ['call', 'think', 'early', 'silence'] }),
  tiny('two turns', { faults: 0, streams: 2 }),
  tiny('a bad turn', { turn: faults.turn, choices: ['call', 'think'], leaves: true }),
  tiny('a bad process', { process: faults.process }),
  tiny('many deaths', { faults: 3, streams: 0, process: ['crash'], pool: { restartMax: 2 } }),
  tiny('strays', { process: ['crash', 'echo'], turn: ['stray'], strays: true, leaves: true }),
  tiny('a drain', { faults: 0, drains: 1 }),
  tiny('a drain of a bad process', { process: faults.process, drains: 1 }),
  tiny('a drain of two turns', { faults: 0, streams: 2, pool: { turnsPerWorkerMax: 2 }, drains: 1 }),
  tiny('a sign-in', { streams: 0, account: ['fail', 'spoil', 'reject'] }),
  tiny('an account', { streams: 0, process: ['crash'], account: ['revoke', 'reject'], signedIn: true }),
  tiny('two accounts', { streams: 0, workers: 2, account: ['reject'], signedIn: true }),
  tiny('strays in a drain', { process: ['echo'], strays: true, drains: 1 }),
];

export const rungs: readonly Rung[] = [...tinyScopes, ...scopes].map((scope) => ({
  name: scope.name,
  queueMax: scope.queueMax ?? 8,
  model: (machines) => houseModel(scope, machines),
}));
