/** Defects of the machines and of the runtime around them: slots, deadlines, restarts, drain. */

import { type AnyStateMachine, createMachine, emit } from 'xstate';
import type { Machine } from '../../actors/cell.ts';
import type { NodeLimits } from '../../actors/node-limits.ts';
import type { PoolLimits } from '../../machines/pool.ts';
import { type Break, hearing, only, small } from './break.ts';
import { simulationLimits } from './swarm.ts';

type Kind = 'supervisor' | 'worker' | 'stream';

/** Some actions of one kind of machine are other ones. */
const acting =
  (kind: Kind, actions: Readonly<Record<string, unknown>>): NonNullable<Break['machine']> =>
  (address, machine) =>
    address.startsWith(kind) ? (machine as AnyStateMachine).provide({ actions: actions as never }) : machine;

type Config = { [key: string]: Config };

/** The chart of one kind of machine is another one. */
const charting =
  (kind: Kind, change: (config: Config) => void): NonNullable<Break['machine']> =>
  (address, machine) => {
    if (!address.startsWith(kind)) return machine;
    const { config, implementations } = machine as AnyStateMachine;
    const changed = copy(config as unknown as Config);
    change(changed);
    return createMachine(changed as never, implementations as never) as Machine;
  };

/** Functions and arrays are kept as they are. */
const copy = (value: Config): Config =>
  Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      typeof member === 'object' && member !== null && !Array.isArray(member) ? copy(member) : member,
    ]),
  );

const at = (config: Config, ...path: readonly string[]): Config =>
  path.reduce((node, key) => node[key] as Config, config);

const pool =
  (change: Partial<PoolLimits>) =>
  (limits: NodeLimits): Partial<NodeLimits> => ({ ...limits, pool: { ...limits.pool, ...change } });

const nothing = (): void => undefined;

export const runtimeBreaks: readonly Break[] = [
  {
    name: 'restarts-for-life',
    rows: ['W-36'],
    about: 'restarts are counted for the life of the node',
    machine: acting('supervisor', { forgive: nothing }),
    mix: small({ mishaps: ['life.killed'], mishapMs: 1_000, limits: simulationLimits(1, 8, 100) }),
    responses: 60,
    expects: /^I-6: worker\/0 does not come back/,
  },
  {
    name: 'stuck-turn-keeps-slot',
    rows: ['W-37'],
    about: 'a turn that cannot be interrupted keeps its slot',
    limits: (limits) => ({ ...limits, live: { ...limits.live, interruptMs: 1e9 } }),
    mix: only('turn.stuck'),
    responses: 4,
    expects: /^I-8: .* still has its slot/,
  },
  {
    name: 'client-gone-unheard',
    rows: ['W-40'],
    about: 'a response goes on when its client has left',
    machine: charting('stream', (config) => {
      at(config, 'states', 'live', 'on')['client.gone'] = {};
    }),
    mix: small({ clients: ['client.leaves'] }),
    responses: 40,
    expects: /^(I-9: .*its client, who left|outcome)/,
  },
  {
    name: 'slot-leaked',
    rows: ['W-40'],
    about: 'a response never gives its slot back',
    machine: acting('stream', { release: nothing }),
    mix: small({}),
    responses: 10,
    expects: /^I-8: .* still has its slot/,
  },
  {
    name: 'idle-is-abort',
    rows: ['W-42'],
    about: 'a stall is told as an abort by the client',
    machine: acting('stream', {
      end: emit(({ context }: { context: { response: string } }) => ({
        type: 'log.end',
        response: context.response,
        outcome: { type: 'cancelled' },
      })),
    }),
    mix: only('provider.stalls'),
    responses: 4,
    expects: /^outcome: .* ended as cancelled/,
  },
  {
    name: 'drain-kills',
    rows: ['W-44'],
    about: 'a drain ends the workers before the responses',
    machine: charting('supervisor', (config) => {
      at(config, 'states', 'running', 'on')['drain.requested'] = 'stopping' as unknown as Config;
    }),
    mix: small({ drains: true }),
    responses: 160,
    expects: /^(outcome: .* ended as worker_exited|bug)/,
  },
  {
    name: 'drain-cuts',
    rows: ['W-44'],
    about: 'a drain cuts the responses at once',
    limits: pool({ drainMs: 0 }),
    mix: small({ drains: true }),
    responses: 40,
    expects: /^outcome: .* ended as server_shutting_down/,
  },
  {
    name: 'no-queue',
    rows: ['W-51'],
    about: 'who finds no free slot is refused',
    limits: pool({ queueMax: 0 }),
    mix: small({ burst: 60 }),
    responses: 100,
    expects: /^admission: refused/,
  },
  {
    name: 'one-at-a-time',
    rows: ['W-50'],
    about: 'a worker gets one turn at a time',
    limits: pool({ turnsPerWorkerMax: 1 }),
    mix: small({ burst: 60 }),
    responses: 100,
    expects: /^admission: .* wait while worker/,
  },
  {
    name: 'line-per-delta',
    rows: ['W-48'],
    about: 'the journal has a line for every delta',
    seams: (random, journal) =>
      hearing(() => (output) => {
        if (output.event.type === 'text.delta') journal.info('text_mismatch');
        return [output];
      })(),
    mix: small({}),
    responses: 200,
    expects: /^journal: /,
  },
  {
    name: 'no-back-off',
    rows: [],
    about: 'a dead worker is started again at once',
    limits: pool({ backoffInitialMs: 1, backoffMaxMs: 1 }),
    mix: small({ mishaps: ['life.killed'] }),
    responses: 40,
    expects: /^restart: .* after failure/,
  },
  {
    name: 'no-circuit',
    rows: [],
    about: 'a worker that keeps dying is started again for ever',
    limits: pool({ restartMax: 1e9 }),
    mix: small({ births: ['birth.dies'] }),
    responses: 200,
    expects: /^restart: .* restarts within/,
  },
  {
    name: 'sick-worker-serves',
    rows: [],
    about: 'a worker that is being killed for its silence gets more work',
    machine: acting('worker', { sicken: nothing }),
    mix: small({
      births: ['birth.undying'],
      mishaps: ['life.stops'],
      mishapMs: 6_000,
      limits: simulationLimits(1, 200, 100),
    }),
    responses: 200,
    expects: /^admission: .* that is being killed/,
  },
  {
    name: 'wear-without-end',
    rows: [],
    about: 'a worn worker that is alone and never idle is never replaced',
    limits: pool({ wornLeasesMax: 1e9 }),
    mix: small({ limits: simulationLimits(1, 200, 100), transport: { turnsMax: 5 }, burst: 60 }),
    responses: 60,
    expects: /^wear: /,
  },
  {
    name: 'silence-unheard',
    rows: [],
    about: 'nobody notices that a worker gives no sign of life',
    transport: { pulseMs: 1e9 },
    mix: small({ mishaps: ['life.stops'] }),
    responses: 200,
    expects: /^I-6: .* dead but not replaced|^outcome/,
  },
  {
    name: 'deadlines-late',
    rows: [],
    about: 'timers fire at twice their time',
    seams: () => ({
      clock: (clock) => ({ now: () => clock.now(), schedule: (delayMs, fire) => clock.schedule(delayMs * 2, fire) }),
    }),
    mix: only('provider.stalls'),
    responses: 4,
    expects: /^I-9: .* after the/,
  },
  {
    name: 'timers-uncancelled',
    rows: [],
    about: 'a deadline that was cancelled strikes all the same',
    seams: () => ({
      clock: (clock) => ({
        now: () => clock.now(),
        schedule: (delayMs, fire) => {
          clock.schedule(delayMs, fire);
          return () => undefined;
        },
      }),
    }),
    mix: small({}),
    responses: 40,
    expects: /^\S+: /,
  },
  {
    name: 'ids-repeat',
    rows: [],
    about: 'two responses get one id',
    seams: (random) => ({
      ids: (ids) => {
        let last = ids.response();
        const response = (): typeof last => {
          if (!random.chance(0.1)) last = ids.response();
          return last;
        };
        return { response, request: () => ids.request(), jitter: () => ids.jitter() };
      },
    }),
    mix: small({ burst: 40 }),
    responses: 60,
    expects: /is taken/,
  },
];
