/** A thread of the crew: treads scopes with the machines as shipped, then judges mutants by what was found there. */

import { parentPort } from 'node:worker_threads';
import { judge, tread, type Trodden, type Verdict } from './judge.ts';
import { type Rung, rungs } from './ladder.ts';
import { population } from './population.ts';

export type Task =
  | { readonly type: 'tread'; readonly rung: string }
  /** The scopes to judge in, in this order. */
  | { readonly type: 'ladder'; readonly ladder: readonly Trodden[] }
  | { readonly type: 'judge'; readonly mutant: string };

export interface Judged {
  readonly verdict: Verdict;
  readonly ms: number;
}

export type TaskResult<T extends Task> = T extends { type: 'tread' }
  ? Trodden
  : T extends { type: 'judge' }
    ? Judged
    : null;

const rungNamed = (name: string): Rung => {
  const rung = rungs.find((one) => one.name === name);
  if (rung === undefined) throw new Error(`mutants: there is no scope ${name}`);
  return rung;
};

let ladder: readonly (readonly [Rung, Trodden])[] = [];

const work = (task: Task): TaskResult<Task> => {
  switch (task.type) {
    case 'tread':
      return tread(rungNamed(task.rung));
    case 'ladder':
      ladder = task.ladder.map((trodden) => [rungNamed(trodden.rung), trodden]);
      return null;
    case 'judge': {
      const startMs = performance.now();
      const mutant = population.get(task.mutant);
      if (mutant === undefined) throw new Error(`mutants: there is no ${task.mutant}`);
      const verdict = judge(mutant, ladder);
      return { verdict, ms: performance.now() - startMs };
    }
  }
};

parentPort?.on('message', (task: Task) => parentPort?.postMessage(work(task)));
