/**
 * The gate between a turn's output and the log, as `actors/scribe.ts` has it: open from the lease to the outcome; output is
 * written first and told afterwards. Deltas end here. The machine hears of the first one, and, when a sampling has ended, of
 * those that follow: at the end of the chunk, or before anything else that is said about the turn.
 */

import { type ActorModel, type ModelEvent, type Reaction, stable } from '../actor.ts';

interface ScribeState {
  readonly gate: 'none' | 'open' | 'shut' | 'left';
  readonly lease: unknown;
  readonly started: boolean;
  /** A sampling has ended. */
  readonly sampled: boolean;
  /** Output has come since, and the machine has not heard of it. */
  readonly heard: boolean;
}

const closed: ScribeState = { gate: 'none', lease: null, started: false, sampled: false, heard: false };

export const scribeActor = (response: string): ActorModel<ScribeState> => {
  const step = (next: ScribeState, ...commands: readonly ModelEvent[]): Reaction<ScribeState> => ({ next, commands });

  return {
    name: `scribe/${response}`,
    start: () => step(closed),
    react(state, event) {
      const { gate, lease, started, sampled, heard } = state;
      const observed = { type: 'output.observed', lease };
      switch (event.type) {
        case 'turn.start':
          return step({ ...closed, gate: 'open', lease: event['lease'] });
        case 'turn.stop':
          return step(gate === 'open' ? { ...state, gate: 'shut', heard: false } : state);
        case 'log.begin':
          return step(state);
        case 'log.end':
          return step({ ...state, gate: 'shut', heard: false });
        case 'stream.close':
          return step({ ...state, gate: 'left' });
        case 'chunk.ended':
          return step({ ...state, sampled: false, heard: false }, observed);
        default:
      }
      // The lane of an earlier turn was left with it.
      if (stable(event['lease']) !== stable(lease)) return step(state);
      if (gate !== 'open') return step(state, ...(gate === 'shut' && event.type === 'turn.closed' ? [event] : []));
      if (event.type === 'text.delta') {
        const written = { type: 'log.write', response, n: event['n'] };
        const next = { ...state, started: true, heard: sampled };
        return started ? step(next, written) : step(next, written, { type: 'output.started', lease });
      }
      if (event.type === 'call.completed') return step({ ...state, heard: sampled }, event);
      const told = heard ? [observed, event] : [event];
      return step(
        { ...state, sampled: event.type === 'sampling.completed' || (sampled && !heard), heard: false },
        ...told,
      );
    },
    moves: ({ heard }) => (heard ? [{ kind: 'fair', event: { type: 'chunk.ended' } }] : []),
  };
};
