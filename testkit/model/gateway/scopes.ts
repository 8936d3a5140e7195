/**
 * The scopes that are checked, named by what they enable. Each is as small as lets its feature meet everything that it has to
 * do with; together they take every transition that the machines declare. What a scope leaves out is what the others name.
 */

import type { HouseScope } from './house.ts';

export interface Scope extends HouseScope {
  readonly name: string;
  /** One line for the report: what may happen here. */
  readonly about: string;
  /** Exhaustive search ends in an error beyond this number of states. */
  readonly statesMax: number;
  /** Progress under weak fairness is checked, too. */
  readonly liveness: boolean;
  /** Letters in one queue. */
  readonly queueMax?: number;
}

const start = ['crash', 'stall', 'refuse'] as const;
const end = ['hang', 'refuse', 'fail', 'repeat', 'late', 'hold'] as const;

const scope = (
  name: string,
  about: string,
  workers: number,
  streams: number,
  faults: number,
  more: Partial<Scope>,
): Scope => ({
  name,
  about,
  workers,
  streams,
  faults,
  process: start,
  turn: end,
  leaves: true,
  statesMax: 2_000_000,
  liveness: true,
  ...more,
});

const talk: Partial<Scope> = {
  process: ['crash'],
  turn: [...end, 'break', 'overflow', 'resample', 'retry', 'despair'],
  choices: ['call', 'think', 'early', 'silence'],
};
const distance: Partial<Scope> = {
  process: ['crash'],
  turn: ['refuse', 'busy', 'fail', 'despair', 'break', 'overflow', 'resample'],
  choices: ['call'],
  waits: 'output',
  queueMax: 20,
};
/** A death would overtake them, which it cannot in the one run queue: another worker would say again what is written. */
const delay: Partial<Scope> = {
  process: [],
  turn: ['refuse', 'busy', 'fail', 'despair', 'break', 'overflow', 'resample', 'repeat', 'late'],
  choices: ['call'],
  waits: 'news',
  queueMax: 14,
};
const strays: Partial<Scope> = {
  process: [...start, 'hang', 'wear', 'stay', 'echo'],
  turn: [...end, 'busy', 'break', 'overflow', 'resample', 'stray'],
  strays: true,
  drains: 1,
};

/** What CI checks. */
export const scopes: readonly Scope[] = [
  scope('lifecycle', 'starts, turns, ends, deaths, missing and double ends, silence, early deadlines', 1, 2, 2, {}),
  scope('drain', 'the operator drains, twice, at any time', 1, 2, 1, {
    process: [...start, 'hang', 'wear', 'stay'],
    drains: 2,
  }),
  scope('full queue', 'nobody may wait', 1, 2, 1, { pool: { queueMax: 0 } }),
  scope('shared worker', 'two turns on one worker; wear, lost pulses, processes that stay', 1, 2, 2, {
    process: [...start, 'hang', 'wear', 'stay'],
    pool: { turnsPerWorkerMax: 2 },
  }),
  scope(
    'talk',
    'everything that a turn can say: calls, thoughts, early output, retries, second samplings',
    1,
    1,
    2,
    talk,
  ),
  scope(
    'distance',
    'output and clients wait in queues on their way to the stream, as between nodes',
    1,
    1,
    2,
    distance,
  ),
  scope('delay', 'what is told of the output waits in a queue while the machine goes on', 1, 1, 3, delay),
  scope('strays', 'facts and letters about other processes, and facts that are told again', 1, 1, 2, strays),
  scope('failover', 'a second worker takes over; the operator drains', 2, 1, 1, {
    process: ['crash'],
    turn: ['hang', 'busy'],
    leaves: false,
    drains: 1,
  }),
  scope('failover in vain', 'a second worker takes over, and fails, too', 2, 1, 2, {
    process: ['crash'],
    turn: ['busy', 'hold'],
  }),
  scope(
    'retreat',
    'a worker without room, its replacement, a client who leaves, everything that a turn may say',
    1,
    1,
    2,
    {
      process: ['crash', 'wear'],
      turn: ['busy', 'hold', 'late'],
      choices: ['early', 'call', 'think'],
      drains: 1,
    },
  ),
  scope('impatience', 'a worker without room lets go too late of a client that does not wait', 1, 1, 3, {
    process: [],
    turn: ['busy'],
  }),
  scope('sign-in', 'nobody is signed in; a person may sign in, late, in vain, or twice', 2, 0, 1, {
    process: ['crash'],
    turn: [],
    account: ['reject', 'fail', 'spoil'],
  }),
  scope('account', 'somebody is signed in; the account is refused and revoked', 1, 0, 3, {
    process: ['crash'],
    turn: [],
    account: ['reject', 'fail', 'spoil', 'revoke'],
    signedIn: true,
  }),
  scope('sign-in and drain', 'a person signs in while the pool comes to rest', 1, 1, 1, {
    process: [],
    turn: [],
    account: [],
    drains: 1,
    leaves: false,
  }),
  scope('talk of two', 'the same as talk, with a second stream', 1, 2, 1, talk),
  scope('distance of two', 'the same as distance, with a second stream', 1, 2, 1, distance),
  scope('delay of two', 'the same as delay, with a second stream', 1, 2, 1, delay),
  scope('strays of two', 'the same as strays, with a second stream', 1, 2, 1, strays),
  scope('two by two', 'two workers and two streams: what one worker loses the other one serves', 2, 2, 1, {}),
  scope('pair', 'the same, one for all of what differs only in which stream is which', 2, 2, 1, {
    symmetric: true,
    liveness: false,
  }),
];

/** What `npm run model:deep` checks as well. */
export const deepScopes: readonly Scope[] = [
  scope('pair, deep', 'two workers, two streams, two faults', 2, 2, 2, {
    symmetric: true,
    liveness: false,
    statesMax: 60_000_000,
  }),
  scope('two and three', 'two workers, three streams, one fault', 2, 3, 1, {
    symmetric: true,
    liveness: false,
    statesMax: 60_000_000,
  }),
];
