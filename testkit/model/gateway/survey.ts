/**
 * All scopes, checked one after the other, and what they have in common: which transitions were taken and which things were
 * seen, each where it came first. Invariant: everything but the times depends on the code alone.
 */

import { check } from '../check.ts';
import type { Searched, Sighting } from '../search.ts';
import { sightingStory, type Story } from '../story.ts';
import { declaredTransitions } from '../transitions.ts';
import { houseModel, type Machines, shipped } from './house.ts';
import type { Scope } from './scopes.ts';
import { sometimes } from './sometimes.ts';

/** Where something came first: in which scope, after how many steps, and how. */
export interface Witness {
  readonly scope: string;
  readonly steps: number;
  readonly story: Story;
}

export interface ScopeResult {
  readonly scope: Scope;
  readonly states: number;
  readonly edges: number;
  readonly depth: number;
  readonly properties: readonly string[];
  readonly story: Story | null;
  readonly seconds: number;
  readonly residentBytes: number;
}

const queueMax = 8;

export class Survey {
  readonly results: ScopeResult[] = [];
  /** By the name of the transition, or of what must be seen. */
  readonly transitions = new Map<string, Witness>();
  readonly sights = new Map<string, Witness>();
  readonly #machines: Machines;

  constructor(machines: Machines = shipped) {
    this.#machines = machines;
  }

  take(scope: Scope, progressed: (states: number, depth: number) => void = () => {}): ScopeResult {
    const startMs = performance.now();
    const model = houseModel(scope, this.#machines);
    const { statesMax, liveness } = scope;
    const { searched, story } = check(model, {
      statesMax,
      keepEdges: liveness,
      queueMax: scope.queueMax ?? queueMax,
      progressed,
    });
    const result = {
      scope,
      states: searched.states.size,
      edges: searched.edges,
      depth: searched.depth,
      properties: [...model.monitors, ...(liveness ? model.progress : [])].map(({ name }) => name),
      story,
      seconds: (performance.now() - startMs) / 1_000,
      residentBytes: process.memoryUsage().rss,
    };
    this.results.push(result);
    // A reduced search has no story of its own for what only a renamed state has shown.
    if (searched.symmetry === null) this.#note(scope, searched);
    return result;
  }

  /** Transitions that are declared and never taken, and things that were never seen. */
  missing(): string[] {
    const declared = [...new Set(Object.values(this.#machines).flatMap(declaredTransitions))];
    return [
      ...declared.filter((name) => !this.transitions.has(name)),
      ...sometimes.flatMap(({ name }) => (this.sights.has(name) ? [] : [name])),
    ];
  }

  #note(scope: Scope, searched: Searched): void {
    const keep = (where: Map<string, Witness>, name: string, sighting: Sighting): void => {
      const known = where.get(name);
      if (known !== undefined && known.steps <= sighting.depth + 1) return;
      const story = sightingStory(searched, name, sighting);
      where.set(name, { scope: scope.name, steps: story.steps.length, story });
    };
    const { tables } = searched.composition;
    for (const sighting of searched.sightings) {
      const { observed, next } = sighting.row;
      const after = tables.find(({ actor }) => actor.name === observed.actor)?.states.values[next];
      for (const name of observed.taken) keep(this.transitions, name, sighting);
      for (const { name, seen } of sometimes) if (seen(observed, after)) keep(this.sights, name, sighting);
    }
  }
}
