/**
 * What becomes of a mutant: it is checked scope by scope, the smallest first, until something is wrong with it. Scopes in
 * which it changes nothing are passed over: what was found of the shipped machine there holds for it.
 */

import type { Model } from '../actor.ts';
import { check } from '../check.ts';
import { shipped } from '../gateway/house.ts';
import { search } from '../search.ts';
import { type Footprint, footprintOf, leaves } from './footprint.ts';
import type { Rung } from './ladder.ts';
import type { Member } from './population.ts';

/** What the shipped machines do in a scope. */
export interface Trodden {
  readonly rung: string;
  readonly states: number;
  readonly footprint: Footprint;
}

export type Verdict =
  | { readonly verdict: 'killed'; readonly by: string; readonly scope: string }
  /** It changes no edge of any scope. */
  | { readonly verdict: 'equivalent' }
  /** It changes the edges of these scopes, and nothing is wrong in any. */
  | { readonly verdict: 'survived'; readonly scopes: readonly string[] };

/** The shipped machines are searched to the end. */
const statesMax = 10_000_000;

/** A mutant with so many times the states of the shipped machines has no end that one could wait for. */
const growthMax = 4;

export const tread = (rung: Rung): Trodden => {
  const searched = search(rung.model(shipped), { statesMax, queueMax: rung.queueMax });
  if (searched.found !== null) throw new Error(`the machines as shipped fail in ${rung.name}: ${searched.found.text}`);
  return { rung: rung.name, states: searched.states.size, footprint: footprintOf(searched) };
};

/** What is wrong in one scope; null: nothing. Whatever throws is wrong. */
const wrong = (model: Model, { queueMax }: Rung, { states }: Trodden): string | null => {
  try {
    return check(model, { statesMax: growthMax * states + 1_000, queueMax }).story?.text ?? null;
  } catch (error) {
    return `threw ${error instanceof Error ? error.message : String(error)}`;
  }
};

export const judge = (mutant: Member, ladder: readonly (readonly [rung: Rung, trodden: Trodden])[]): Verdict => {
  const machine = mutant.build();
  const scopes: string[] = [];
  for (const [rung, trodden] of ladder) {
    const model = rung.model({ ...shipped, [mutant.machine]: machine });
    if (leaves(trodden.footprint, mutant, machine, model)) continue;
    const by = wrong(model, rung, trodden);
    if (by !== null) return { verdict: 'killed', by, scope: rung.name };
    scopes.push(rung.name);
  }
  return scopes.length === 0 ? { verdict: 'equivalent' } : { verdict: 'survived', scopes };
};
