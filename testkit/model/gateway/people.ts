/** Those who are outside: the client of each response, and the operator of the node. */

import type { ActorModel, ModelEvent, Move } from '../actor.ts';

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

/** Opens the pool, and may ask it to drain. */
export const operatorActor = (drainsMax: number): ActorModel<OperatorState> => ({
  name: 'operator',
  start: () => ({ next: { opened: false, drains: 0 }, commands: [] }),
  react: (state, event) =>
    event.type === 'opens'
      ? { next: { ...state, opened: true }, commands: [{ type: 'pool.opened' }] }
      : { next: { ...state, drains: state.drains + 1 }, commands: [{ type: 'drain.requested' }] },
  moves({ opened, drains }) {
    const moves: Move[] = opened ? [] : [{ kind: 'fair', event: { type: 'opens' } }];
    if (drains < drainsMax) moves.push({ kind: 'choice', event: { type: 'drains' } });
    return moves;
  },
});
