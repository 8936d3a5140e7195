/**
 * A worker process as the model sees it, behind the edge of its worker cell: it starts, shakes hands, serves, and dies, and
 * it passes on what streams tell their turns. What it may do wrong is what the real CLI was seen to do.
 */

import type { ActorModel, Move, ModelEvent } from '../actor.ts';

export const processFaults = [
  /** It exits, in any phase. */
  'crash',
  /** It does not come up, or does not answer `initialize`. */
  'stall',
  /** It answers `initialize` with an error. */
  'refuse',
  /** It shows no sign of life while it serves. */
  'hang',
  /** It has used up what it was given (state folder, turns). */
  'wear',
  /** It does not end when asked. */
  'stay',
  /** A fact of this or of an earlier process is told again, at any time. */
  'echo',
] as const;
export type ProcessFault = (typeof processFaults)[number];

interface ProcessState {
  readonly phase: 'none' | 'spawning' | 'spawned' | 'shaking' | 'serving';
  readonly epoch: number;
  /** Goes no further by itself. */
  readonly stalled: boolean;
  readonly hung: boolean;
  readonly worn: boolean;
  readonly ending: 'no' | 'asked' | 'killed';
}

const gone: ProcessState = { phase: 'none', epoch: 0, stalled: false, hung: false, worn: false, ending: 'no' };
const jitter = 0.5;

const echoes = ['process.spawned', 'handshake.completed', 'handshake.failed', 'pulse.lost', 'wear.observed'] as const;

export const processActor = (slot: number, faults: ReadonlySet<ProcessFault>): ActorModel<ProcessState> => {
  const stay = (next: ProcessState): { next: ProcessState; commands: ModelEvent[] } => ({ next, commands: [] });
  const say = (next: ProcessState, type: string): { next: ProcessState; commands: ModelEvent[] } => ({
    next,
    commands: [{ type, epoch: next.epoch }],
  });
  const die = (state: ProcessState): { next: ProcessState; commands: ModelEvent[] } => ({
    next: { ...gone, epoch: state.epoch },
    commands: [
      { type: 'process.lost', slot, epoch: state.epoch },
      { type: 'process.exited', epoch: state.epoch, jitter },
    ],
  });
  const holds = (state: ProcessState, event: ModelEvent): boolean =>
    state.phase !== 'none' && event['epoch'] === state.epoch;

  return {
    name: `process/${slot}`,
    start: () => stay(gone),
    react(state, event) {
      switch (event.type) {
        case 'process.spawn':
          return stay({ ...gone, phase: 'spawning', epoch: event['epoch'] as number });
        case 'process.initialize':
          return stay(holds(state, event) ? { ...state, phase: 'shaking' } : state);
        case 'process.ask':
          return stay(holds(state, event) ? { ...state, ending: 'asked', stalled: false } : state);
        case 'process.kill':
          return stay(holds(state, event) ? { ...state, ending: 'killed' } : state);
        case 'turn.start':
        case 'turn.stop': {
          const { epoch } = event['lease'] as { epoch: number };
          const type = event.type === 'turn.start' ? 'turn.begin' : 'turn.end';
          if (state.phase === 'none' || epoch !== state.epoch) return stay(state);
          return { next: state, commands: [{ type, response: event['response'], lease: event['lease'] }] };
        }
        case 'spawns':
          return say({ ...state, phase: 'spawned' }, 'process.spawned');
        case 'shakes':
          return say({ ...state, phase: 'serving' }, 'handshake.completed');
        case 'refuses':
          return say({ ...state, stalled: true }, 'handshake.failed');
        case 'stalls':
          return stay({ ...state, stalled: true });
        case 'hangs':
          return say({ ...state, hung: true }, 'pulse.lost');
        case 'wears':
          return say({ ...state, worn: true }, 'wear.observed');
        case 'dies':
          return die(state);
        case 'echoes':
          return { next: state, commands: [{ type: event['fact'] as string, epoch: event['epoch'], jitter }] };
        default:
          throw new Error(`process: ${event.type}`);
      }
    },
    moves(state) {
      const moves: Move[] = [];
      const fault = (name: ProcessFault, event: ModelEvent): void => {
        if (faults.has(name)) moves.push({ kind: 'fault', event });
      };
      const { phase, ending, stalled } = state;
      if (faults.has('echo')) {
        for (const epoch of [state.epoch, state.epoch - 1].filter((one) => one > 0)) {
          for (const fact of echoes) fault('echo', { type: 'echoes', fact, epoch });
          // That this very process has exited can only be told again when it has.
          if (epoch !== state.epoch || phase === 'none')
            fault('echo', { type: 'echoes', fact: 'process.exited', epoch });
        }
      }
      if (phase === 'none') return moves;
      if (ending === 'killed') return [...moves, { kind: 'fair', event: { type: 'dies' } }];
      if (ending === 'asked' && !stalled) {
        moves.push({ kind: 'fair', event: { type: 'dies' } });
        fault('stay', { type: 'stalls' });
        if (!state.hung) fault('hang', { type: 'hangs' });
        return moves;
      }
      fault('crash', { type: 'dies' });
      if (stalled) return moves;
      if (phase === 'spawning') moves.push({ kind: 'fair', event: { type: 'spawns' } });
      if (phase === 'shaking') {
        moves.push({ kind: 'fair', event: { type: 'shakes' } });
        fault('refuse', { type: 'refuses' });
      }
      if (phase !== 'serving') fault('stall', { type: 'stalls' });
      else {
        if (!state.hung) fault('hang', { type: 'hangs' });
        if (!state.worn) fault('wear', { type: 'wears' });
      }
      return moves;
    },
  };
};
