/**
 * Searches scopes by Spin, too, and compares the counts: `spin-main.ts [name of a scope]...`, by default the lifecycle.
 * Monitors are left out, because they are no part of what the actors do.
 */

import { houseModel } from './gateway/house.ts';
import { type Scope, scopes } from './gateway/scopes.ts';
import { promela } from './promela.ts';
import { search } from './search.ts';
import { spin, type SpinCounts } from './spin.ts';
import { tablesOf } from './tables.ts';

const queueMax = 8;
const memoryMiB = 4_096;

const compare = (scope: Scope): boolean => {
  const say = (engine: string, { states, edges }: SpinCounts): void =>
    void process.stdout.write(`${scope.name}, ${engine}: ${states} states, ${edges} edges\n`);
  const bounds = { statesMax: scope.statesMax, queueMax: scope.queueMax ?? queueMax };
  const searched = search({ ...houseModel(scope), monitors: [] }, bounds);
  const ours = { states: searched.states.size, edges: searched.edges };
  say('search', ours);
  const theirs = spin(promela(tablesOf(searched, bounds.queueMax)), { depthMax: ours.states, memoryMiB });
  say('Spin', theirs);
  return ours.states === theirs.states && ours.edges === theirs.edges;
};

const names = process.argv.length > 2 ? process.argv.slice(2) : ['lifecycle'];
for (const name of names) {
  const scope = scopes.find((one) => one.name === name);
  if (scope === undefined) throw new Error(`spin: there is no scope ${name}`);
  const same = compare(scope);
  process.stdout.write(`${name}: ${same ? 'the same' : 'DIFFERENT'}\n`);
  if (!same) process.exitCode = 1;
}
