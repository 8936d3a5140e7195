/**
 * The turn of one response on a worker process: what the CLI says, in the order in which it says it. It says two deltas,
 * ends the sampling, ends the turn, and lets go when it is told to; everything else is a choice or a fault.
 */

import type { ActorModel, Move, ModelEvent } from '../actor.ts';

export const turnFaults = [
  /** Nothing is heard of it any more: a provider that hangs, an end that is missing. */
  'hang',
  /** The start is refused. */
  'refuse',
  /** The worker has no room for it. */
  'busy',
  /** The provider fails. */
  'fail',
  /** The end comes twice. */
  'repeat',
  /** A delta comes after the end. */
  'late',
  /** The interrupt is never acknowledged. */
  'hold',
  /** The CLI retries, and says everything again. */
  'retry',
  /** It retries, and nothing comes of it. */
  'despair',
  /** An item contradicts what was said of it. */
  'break',
  /** The response is too large. */
  'overflow',
  /** The CLI samples again on its own account. */
  'resample',
  /** Something is said about a lease that is nobody's, as after a mix-up between nodes. */
  'stray',
] as const;
export type TurnFault = (typeof turnFaults)[number];

export const turnChoices = [
  /** The model calls a tool. */
  'call',
  /** It thinks for long before it speaks. */
  'think',
  /** Output before the start is answered. */
  'early',
  /** The model says nothing. */
  'silence',
] as const;
export type TurnChoice = (typeof turnChoices)[number];

interface TurnState {
  readonly phase: 'idle' | 'begun' | 'speaking' | 'called' | 'sampled' | 'ended' | 'stopping';
  readonly lease: { readonly slot: number; readonly epoch: number } | null;
  readonly accepted: boolean;
  readonly deltas: number;
  /** Deltas of this sampling that are still to be said. */
  readonly left: number;
  /** Deltas that were said before this sampling. */
  readonly before: number;
  readonly quiet: boolean;
  readonly thought: boolean;
  /** Faults that happen once a turn. */
  readonly once: readonly string[];
}

/** No process has it. */
const nobodys = { slot: 0, epoch: -1 };

const strays = (state: TurnState): ModelEvent[] => {
  const types =
    state.phase === 'stopping'
      ? ['turn.closed', 'lease.revoked']
      : [
          ...['turn.accepted', 'turn.refused', 'output.started', 'output.observed', 'call.completed'],
          ...['sampling.completed', 'upstream.retried', 'turn.ended', 'lease.revoked'],
          ...(state.deltas > 0 ? ['output.broken', 'output.overflowed'] : []),
        ];
  return types.map((type) => ({
    type,
    lease: nobodys,
    ...(type === 'turn.ended' ? { outcome: { type: 'completed' } } : {}),
    ...(type === 'turn.refused' ? { failure: { code: 'bad_request' } } : {}),
  }));
};

const idle: TurnState = {
  phase: 'idle',
  lease: null,
  accepted: false,
  deltas: 0,
  left: 2,
  before: 0,
  quiet: false,
  thought: false,
  once: [],
};

export const turnActor = (
  response: string,
  faults: ReadonlySet<TurnFault>,
  choices: ReadonlySet<TurnChoice>,
): ActorModel<TurnState> => {
  const stay = (next: TurnState): { next: TurnState; commands: ModelEvent[] } => ({ next, commands: [] });
  const say = (next: TurnState, type: string, members: object = {}): { next: TurnState; commands: ModelEvent[] } => ({
    next,
    commands: [{ type, response, lease: next.lease, ...members }],
  });

  return {
    name: `turn/${response}`,
    start: () => stay(idle),
    react(state, event) {
      const once = { ...state, once: [...state.once, event.type].sort() };
      switch (event.type) {
        case 'turn.begin':
          return stay({ ...idle, phase: 'begun', lease: event['lease'] as TurnState['lease'] });
        case 'turn.end':
          return stay(state.phase === 'idle' ? state : { ...state, phase: 'stopping', quiet: false, thought: false });
        case 'process.lost':
          return stay(state.lease?.slot === event['slot'] ? idle : state);
        case 'accepts':
          return say(
            { ...state, phase: state.phase === 'begun' ? 'speaking' : state.phase, accepted: true },
            'turn.accepted',
          );
        case 'begins early':
          return stay({ ...state, phase: 'speaking' });
        case 'refuses':
          return say({ ...state, quiet: true }, 'turn.refused', { failure: { code: event['code'] } });
        case 'thinks':
          return say({ ...state, thought: true }, 'output.observed');
        case 'says':
          return say({ ...state, deltas: state.deltas + 1, left: state.left - 1 }, 'text.delta', {
            n: state.deltas + 1,
          });
        case 'calls':
          return say({ ...state, phase: 'called' }, 'call.completed');
        case 'samples':
          return say({ ...state, phase: 'sampled' }, 'sampling.completed');
        case 'ends':
          return say({ ...state, phase: 'ended' }, 'turn.ended', { outcome: event['outcome'] });
        case 'closes':
          return say({ ...idle, lease: state.lease }, 'turn.closed');
        case 'hangs':
          return stay({ ...state, quiet: true });
        case 'says late':
          return say(once, 'text.delta', { n: state.deltas + 1, late: true });
        case 'ends again':
          return say(once, 'turn.ended', { outcome: { type: 'completed' } });
        case 'retries':
          return say(
            { ...once, deltas: state.before, left: state.left + state.deltas - state.before },
            'upstream.retried',
          );
        case 'despairs':
          return say({ ...once, quiet: true }, 'upstream.retried');
        case 'samples again':
          return stay({ ...once, phase: 'speaking', left: 1, before: state.deltas });
        case 'strays':
          return { next: state, commands: [{ type: 'strays', event: event['event'] }] };
        case 'breaks':
          return say(once, 'output.broken');
        case 'overflows':
          return say(once, 'output.overflowed');
        default:
          throw new Error(`turn: ${event.type}`);
      }
    },
    moves(state) {
      const moves: Move[] = [];
      const fair = (type: string): void => void moves.push({ kind: 'fair', event: { type } });
      const choice = (name: TurnChoice, type: string): void => {
        if (choices.has(name)) moves.push({ kind: 'choice', event: { type } });
      };
      const fault = (name: TurnFault, type: string, members: object = {}): void => {
        if (faults.has(name) && !state.once.includes(type)) moves.push({ kind: 'fault', event: { type, ...members } });
      };
      const { phase, deltas, quiet } = state;
      if (phase === 'idle') return moves;
      for (const event of faults.has('stray') ? strays(state) : []) fault('stray', 'strays', { event });
      if (quiet) return moves;
      if (phase === 'stopping') {
        fair('closes');
        fault('late', 'says late');
        fault('hold', 'hangs');
        return moves;
      }
      if (phase === 'ended') {
        fault('repeat', 'ends again');
        fault('late', 'says late');
        return moves;
      }
      fault('hang', 'hangs');
      if (phase === 'begun') {
        fair('accepts');
        choice('early', 'begins early');
        fault('refuse', 'refuses', { code: 'bad_request' });
        fault('busy', 'refuses', { code: 'worker_busy' });
        return moves;
      }
      if (!state.accepted) choice('early', 'accepts');
      fault('fail', 'ends', { outcome: { type: 'failed', failure: { code: 'upstream_error' } } });
      if (phase !== 'sampled') fault('retry', 'retries');
      fault('despair', 'despairs');
      if (deltas > 0) {
        fault('break', 'breaks');
        fault('overflow', 'overflows');
      }
      if (phase === 'speaking') {
        if (!state.thought) choice('think', 'thinks');
        if (state.left > 0) {
          fair('says');
          choice('silence', 'samples');
        } else fair('samples');
        choice('call', 'calls');
      }
      if (phase === 'called') fair('samples');
      if (phase === 'sampled') {
        moves.push({ kind: 'fair', event: { type: 'ends', outcome: { type: 'completed' } } });
        fault('resample', 'samples again');
      }
      return moves;
    },
  };
};
