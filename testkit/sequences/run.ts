/** Plays generated sessions until one fails; fast-check shrinks it. Invariant: seed and path give the same sessions again. */

import fc from 'fast-check';
import type { WorldOptions } from '../world/world.ts';
import { Census } from './census.ts';
import { judge } from './judge.ts';
import { play } from './play.ts';
import type { Session } from './session.ts';
import { sessions } from './sessions.ts';

export interface RunOptions {
  readonly seed: number;
  readonly runs: number;
  /** Within the seed, from an earlier failure. */
  readonly path?: string;
  readonly rows?: readonly string[];
  /** Of so many sessions one is judged by the strict validators, too. */
  readonly strictEvery: number;
  /** A world in which something is broken on purpose. */
  readonly world?: Partial<WorldOptions>;
  readonly progress?: (census: Census) => void;
}

export interface Failure {
  readonly session: Session;
  readonly complaints: readonly string[];
  readonly path: string;
  readonly shrinks: number;
}

export interface Run {
  readonly census: Census;
  readonly failure: Failure | null;
}

class Complaints extends Error {
  readonly complaints: readonly string[];

  constructor(complaints: readonly string[]) {
    super(complaints.join('\n'));
    this.complaints = complaints;
  }
}

export const run = async (options: RunOptions): Promise<Run> => {
  const { seed, runs, path, rows, strictEvery, world = {}, progress } = options;
  const census = new Census();
  let failed = false;
  const property = fc.asyncProperty(sessions(rows), async (session) => {
    const evening = await play(session, world);
    // Shrinking is not part of the distribution; and what is shrunk must fail as it did.
    const strict = failed || path !== undefined || census.sessions % strictEvery === 0;
    const complaints = judge(evening, strict);
    if (!failed) {
      census.count(evening);
      progress?.(census);
    }
    if (complaints.length === 0) return;
    failed = true;
    throw new Complaints(complaints);
  });
  const result = await fc.check(property, { seed, numRuns: runs, ...(path === undefined ? {} : { path }) });
  const { counterexample, counterexamplePath, errorInstance, numShrinks } = result;
  if (counterexample === null) return { census, failure: null };
  const complaints = errorInstance instanceof Complaints ? errorInstance.complaints : [stackOf(errorInstance)];
  return {
    census,
    failure: { session: counterexample[0], complaints, path: counterexamplePath ?? '', shrinks: numShrinks },
  };
};

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
