/**
 * The gate between a turn's output and the log, as `actors/scribe.ts` has it: open from the lease to the outcome, first
 * written, then told. Deltas end here; the machine hears of the first one only.
 */

import type { ActorModel, ModelEvent } from '../actor.ts';

interface ScribeState {
  readonly gate: 'none' | 'open' | 'shut' | 'left';
  readonly lease: unknown;
  readonly started: boolean;
}

export const scribeActor = (response: string): ActorModel<ScribeState> => {
  const stay = (next: ScribeState): { next: ScribeState; commands: ModelEvent[] } => ({ next, commands: [] });
  return {
    name: `scribe/${response}`,
    start: () => stay({ gate: 'none', lease: null, started: false }),
    react(state, event) {
      const { gate, lease } = state;
      switch (event.type) {
        case 'turn.start':
          return stay({ gate: 'open', lease: event['lease'], started: false });
        case 'log.begin':
          return stay(state);
        case 'log.end':
          return stay({ ...state, gate: 'shut' });
        case 'stream.close':
          return stay({ ...state, gate: 'left' });
        case 'text.delta': {
          if (gate !== 'open') return stay(state);
          const written = { type: 'log.write', response, n: event['n'] };
          if (state.started) return { next: state, commands: [written] };
          return { next: { ...state, started: true }, commands: [written, { type: 'output.started', lease }] };
        }
        default: {
          const passes = gate === 'open' || (gate === 'shut' && event.type === 'turn.closed');
          const { response: _, ...told } = event;
          return { next: state, commands: passes ? [told as ModelEvent] : [] };
        }
      }
    },
    moves: () => [],
  };
};
