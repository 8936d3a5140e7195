import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Model } from './actor.ts';
import { Composition } from './composition.ts';
import { houseModel, type Machines, shipped } from './gateway/house.ts';
import { type Scope, scopes } from './gateway/scopes.ts';
import type { Interpreter } from './running.ts';
import { RunningModel } from './running-model.ts';
import { walk, walksOf } from './walk.ts';

/** More than a search could bear: walks are to see much. */
const faults = 8;
const queueMax = 64;

const modelOf = (scope: Scope, machines?: Machines): Model => ({
  ...houseModel({ ...scope, faults }, machines),
  monitors: [],
});

/** On a difference fast-check prints its seed and the shortest walk that shows it. */
const agreement = (tables: Model, running: Model, interpreter: Interpreter = 'chart') => {
  const composition = new Composition(tables, { queueMax });
  return fc.property(fc.array(fc.nat(), { minLength: 20, maxLength: 100, size: 'max' }), (choices) => {
    const differs = walk(composition, new RunningModel(running, interpreter), choices);
    if (differs !== null) throw new Error(differs);
  });
};

const interpreters = ['chart', 'xstate'] as const;

test.each(scopes.flatMap((scope) => interpreters.map((by) => [scope.name, by, scope] as const)))(
  'running actors do step by step what the tables say, in scope %s by %s',
  { timeout: 30_000 },
  (name, by, scope) => fc.assert(agreement(modelOf(scope), modelOf(scope), by), { numRuns: walksOf(name) }),
);

test.each([
  ['a guard', { supervisor: shipped.supervisor.provide({ guards: { idle: () => false } }) }],
  ['an action', { worker: shipped.worker.provide({ actions: { tire: () => undefined } }) }],
  ['a deadline', { stream: shipped.stream.provide({ delays: { head: 1 } }) }],
] satisfies [string, Partial<Machines>][])('%s that differs is found', (_, other) => {
  const scope = scopes.find(({ name }) => name === 'drain') as Scope;
  const property = agreement(modelOf(scope), modelOf(scope, { ...shipped, ...other }));
  const { errorInstance } = fc.check(property, { numRuns: 200, endOnFailure: true });
  expect(String(errorInstance)).toMatch(/instead of|there is no/u);
});
