/** What a worker tells, with its runs of deltas taken apart: for whoever looks at deltas one by one. */

import type { TurnOutput } from '../actors/seams.ts';
import type { TurnEvent } from '../actors/turn.ts';

export const eventsOf = (event: TurnEvent): readonly TurnEvent[] => {
  if (event.type !== 'text.run') return [event];
  const { item, run } = event;
  return Array.from({ length: run.length }, (_, at) => ({ type: 'text.delta', item, delta: run.text(at) }));
};

export const outputsOf = ({ response, event }: TurnOutput): readonly TurnOutput[] =>
  eventsOf(event).map((one) => ({ response, event: one }));
