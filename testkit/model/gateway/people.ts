/** Those who are outside: the client of each response, and the operator of the node. */

import type { ActorModel, ModelEvent, Move, Posted } from '../actor.ts';

type ClientState = 'away' | 'waiting' | 'served' | 'gone';

/** Comes when it likes; may leave as long as it has not been served. */
export const clientActor = (response: string, leaves: boolean): ActorModel<ClientState> => ({
  name: `client/${response}`,
  start: () => ({ next: 'away', commands: [] }),
  react(state, event) {
    const say = (next: ClientState, type: string): { next: ClientState; commands: ModelEvent[] } => ({
      next,
      commands: [{ type }],
    });
    if (event.type === 'comes') return say('waiting', 'stream.opened');
    if (event.type === 'leaves') return say('gone', 'client.gone');
    return { next: event.type === 'log.end' ? 'served' : state, commands: [] };
  },
  moves(state) {
    if (state === 'away') return [{ kind: 'choice', event: { type: 'comes' } }];
    return state === 'waiting' && leaves ? [{ kind: 'fault', event: { type: 'leaves' } }] : [];
  },
});

interface OperatorState {
  readonly opened: boolean;
  readonly drains: number;
}

/** No process has it. */
const nobodys = -1;

/** What is said about a process of long ago, or lost its way, or without need. */
const lost = (slot: number, responses: readonly string[]): readonly Posted[] => {
  const lease = { slot, epoch: nobodys };
  return [
    { to: 'supervisor', event: { type: 'worker.risen', ...lease } },
    { to: 'supervisor', event: { type: 'worker.tired', ...lease } },
    { to: 'supervisor', event: { type: 'worker.sickened', ...lease } },
    { to: 'supervisor', event: { type: 'worker.fallen', ...lease, jitter: 0.5 } },
    { to: 'supervisor', event: { type: 'credentials.stale', slot } },
    ...responses.map((response) => ({ to: 'supervisor', event: { type: 'lease.released', response, lease } })),
    { to: `worker/${slot}`, event: { type: 'stop.requested', epoch: nobodys } },
  ];
};

export interface OperatorOptions {
  readonly drainsMax: number;
  /** Lets letters about processes that are no more reach the machines. */
  readonly strays: boolean;
  readonly slots: readonly number[];
  readonly responses: readonly string[];
}

/** Opens the pool, and may ask it to drain. */
export const operatorActor = (options: OperatorOptions): ActorModel<OperatorState> => ({
  name: 'operator',
  start: () => ({ next: { opened: false, drains: 0 }, commands: [] }),
  react(state, event) {
    if (event.type === 'opens') return { next: { ...state, opened: true }, commands: [{ type: 'pool.opened' }] };
    if (event.type === 'drains')
      return { next: { ...state, drains: state.drains + 1 }, commands: [{ type: 'drain.requested' }] };
    return { next: state, commands: [event] };
  },
  moves({ opened, drains }) {
    const moves: Move[] = opened ? [] : [{ kind: 'fair', event: { type: 'opens' } }];
    if (drains < options.drainsMax) moves.push({ kind: 'choice', event: { type: 'drains' } });
    if (!opened || !options.strays) return moves;
    for (const letter of options.slots.flatMap((slot) => lost(slot, options.responses)))
      moves.push({ kind: 'fault', event: { type: 'strays', letter } });
    return moves;
  },
});
