/**
 * The gateway as a model: supervisor x workers x streams, the machines as shipped, with small limits, over one queue for
 * each pair of machines, and around them processes, turns, clients and an operator that may do what the real ones do.
 */

import type { AnyStateMachine } from 'xstate';
import { type LoginLimits, loginMachine } from '../../../machines/login.ts';
import type { PoolLimits, SlotState } from '../../../machines/pool.ts';
import { streamMachine } from '../../../machines/stream.ts';
import type { StreamLimits } from '../../../machines/stream-setup.ts';
import { supervisorMachine } from '../../../machines/supervisor.ts';
import { type WorkerLimits, workerMachine } from '../../../machines/worker.ts';
import type { ActorModel, Model, Progress } from '../actor.ts';
import { type MachineState, machineActor } from '../machine-actor.ts';
import { type AccountFault, accountActor, someoneIsOutOfDate } from './account.ts';
import { contracts, expectations } from './contracts/contracts.ts';
import * as monitors from './monitors.ts';
import { clientActor, operatorActor } from './people.ts';
import { type ProcessFault, processActor } from './process.ts';
import { scribeActor } from './scribe.ts';
import { type TurnChoice, type TurnFault, turnActor } from './turn.ts';
import { wiring } from './wiring.ts';

export interface Machines {
  readonly supervisor: AnyStateMachine;
  readonly worker: AnyStateMachine;
  readonly stream: AnyStateMachine;
  readonly login: AnyStateMachine;
}

export const shipped: Machines = {
  supervisor: supervisorMachine,
  worker: workerMachine,
  stream: streamMachine,
  login: loginMachine,
};

/** What a scope puts together, and what may happen in it. */
export interface HouseScope {
  readonly workers: number;
  readonly streams: number;
  readonly faults: number;
  readonly process: readonly ProcessFault[];
  readonly turn: readonly TurnFault[];
  readonly choices?: readonly TurnChoice[];
  readonly leaves?: boolean;
  readonly drains?: number;
  /** What waits in a queue: the words of a worker on another node, or what the scribe tells; otherwise both are heard at once. */
  readonly waits?: 'output' | 'news';
  readonly pool?: Partial<PoolLimits>;
  readonly symmetric?: boolean;
  /** Workers sign in; faults of the account. */
  readonly account?: readonly AccountFault[];
  /** Somebody is signed in from the start. */
  readonly signedIn?: boolean;
  /** Letters about processes of long ago reach the machines. */
  readonly strays?: boolean;
}

/** Each deadline has a value of its own, so that one cannot pass for another. */
export const streamLimits: StreamLimits = {
  queueMs: 11,
  headMs: 12,
  firstEventMs: 13,
  idleMs: 14,
  graceMs: 15,
  totalMs: 16,
  interruptMs: 17,
  closeMs: 18,
};
export const workerLimits: WorkerLimits = { startupMs: 21, handshakeMs: 22, graceMs: 23, killMs: 24 };
export const loginLimits: LoginLimits = { offerMs: 41, pendingMs: 42 };
/** One restart a period, two steps of back-off. */
export const poolLimits: PoolLimits = {
  turnsPerWorkerMax: 1,
  queueMax: 1,
  wornLeasesMax: 1,
  backoffInitialMs: 100,
  backoffMaxMs: 200,
  restartMax: 1,
  restartWindowMs: 1_000,
  settledMs: 31,
  drainMs: 32,
  cutMs: 33,
  stopMs: 34,
};

/** Back-offs and the patience of a drain are part of the plan; running out of any other time is not. */
const planned = /^slot\.|\.head\.|\.supervisor\./u;

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

export const responsesOf = (scope: HouseScope): string[] => upTo(scope.streams).map((index) => `resp_${index}`);

const valueOf = ({ snapshot }: MachineState): string => {
  const value = snapshot.value as string | { readonly [state: string]: unknown };
  return typeof value === 'string' ? value : (Object.keys(value)[0] as string);
};

const slotsOf = ({ snapshot }: MachineState): readonly SlotState[] =>
  (snapshot.context as { slots: readonly SlotState[] }).slots;

const progressOf = (responses: readonly string[], slots: readonly number[]): Progress[] => {
  const pending = (name: string, actor: string, holds: (state: MachineState) => boolean): Progress => ({
    name,
    actor,
    pending: holds,
  });
  const resting = new Set(['draining', 'cutting', 'stopping']);
  return [
    ...responses.flatMap((response) => [
      pending(`every accepted request ends/${response}`, `stream/${response}`, (state) => valueOf(state) === 'live'),
      pending(
        `every ended response lets go/${response}`,
        `stream/${response}`,
        (state) => valueOf(state) === 'closing',
      ),
    ]),
    ...slots.flatMap((slot) => [
      pending(`every slot comes back/${slot}`, 'supervisor', (state) => (slotsOf(state)[slot]?.leases.length ?? 0) > 0),
      pending(`a down worker is respawned, an open circuit half-opens/${slot}`, 'supervisor', (state) => {
        const { phase } = slotsOf(state)[slot] as SlotState;
        return valueOf(state) === 'running' && phase !== 'ready' && phase !== 'draining';
      }),
      pending(`no worker stays in starting/${slot}`, `worker/${slot}`, (state) =>
        ['starting', 'handshaking'].includes(valueOf(state)),
      ),
      pending(`a worker that was told to end is gone/${slot}`, `worker/${slot}`, (state) =>
        ['draining', 'killing'].includes(valueOf(state)),
      ),
    ]),
    pending(
      'nobody waits for ever',
      'supervisor',
      ({ snapshot }) => (snapshot.context as { queue: unknown[] }).queue.length > 0,
    ),
    pending('a drain ends', 'supervisor', (state) => resting.has(valueOf(state))),
  ];
};

export const houseModel = (scope: HouseScope, machines: Machines = shipped): Model => {
  const responses = responsesOf(scope);
  const slots = upTo(scope.workers);
  const limits = { ...poolLimits, ...scope.pool };
  const timerKind = ({ type }: { readonly type: string }): 'timer' | 'deadline' =>
    planned.test(type) ? 'timer' : 'deadline';
  const machine = (name: string, which: AnyStateMachine, input: unknown): ActorModel =>
    machineActor({ name, machine: which, input, timerKind });
  const parties = {
    responses,
    slots,
    faults: scope.faults,
    stream: streamLimits,
    worker: workerLimits,
    pool: limits,
  };
  const process = new Set(scope.process);
  const turn = new Set(scope.turn);
  const choices = new Set(scope.choices);
  const names = { workers: slots.map((slot) => `worker/${slot}`), streams: responses.map((one) => `stream/${one}`) };
  return {
    actors: [
      operatorActor({ drainsMax: scope.drains ?? 0, strays: scope.strays === true, slots, responses }),
      machine('supervisor', machines.supervisor, { size: scope.workers, limits }),
      ...slots.flatMap((slot) => [
        machine(`worker/${slot}`, machines.worker, { slot, limits: workerLimits }),
        processActor(slot, process),
      ]),
      ...responses.flatMap((response) => [
        clientActor(response, scope.leaves === true),
        machine(`stream/${response}`, machines.stream, { response, limits: streamLimits }),
        scribeActor(response),
        turnActor(response, turn, choices),
      ]),
      ...(scope.account === undefined
        ? []
        : [
            machine('login', machines.login, { limits: loginLimits }),
            accountActor(slots, scope.signedIn === true, new Set(scope.account)),
          ]),
    ],
    links: [
      ...[...names.workers, ...names.streams].flatMap((name) => [
        ['supervisor', name] as const,
        [name, 'supervisor'] as const,
      ]),
      ...(scope.waits === undefined
        ? []
        : responses.flatMap((one) => [
            scope.waits === 'output'
              ? ([`turn/${one}`, `scribe/${one}`] as const)
              : ([`scribe/${one}`, `stream/${one}`] as const),
            [`client/${one}`, `stream/${one}`] as const,
          ])),
      ...(scope.account === undefined
        ? []
        : [['login', 'supervisor'] as const, ...names.workers.map((name) => [name, 'login'] as const)]),
    ],
    deliver: wiring(responses, scope.account !== undefined),
    faults: scope.faults,
    monitors: [
      monitors.nothingUnhandled,
      monitors.drainAdmitsNothing,
      monitors.oneOwner(limits),
      monitors.onlyItsLessee,
      monitors.oneAnswer(limits),
      ...responses.flatMap((response) => [
        monitors.oneOutcome(response),
        monitors.everyDelta(response),
        monitors.oneRetry(response),
      ]),
      ...(scope.account === undefined ? [] : [monitors.oneLogin]),
      ...slots.flatMap((slot) => [monitors.oneProcess(slot), monitors.restarts(slot, limits)]),
      ...contracts(parties),
    ],
    progress: [
      ...progressOf(responses, slots),
      ...expectations(parties),
      ...(scope.account === undefined
        ? []
        : [
            {
              name: 'a worker that does not know of the sign-in is replaced',
              actor: 'account',
              pending: someoneIsOutOfDate,
            },
          ]),
    ],
    ...(scope.symmetric === true ? { symmetric: responses } : {}),
  };
};
