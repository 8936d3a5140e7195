/** What workers say in tests of the runtime, and how its handles are read. */

import type { ResponseHandle } from '../actors/service.ts';
import type { TurnEvent } from '../actors/turn.ts';
import type { Outcome } from '../machines/outcome.ts';

const outcome = (handle: ResponseHandle): Outcome | undefined => handle.log.ending?.outcome;
export const code = (handle: ResponseHandle): string | undefined => {
  const ended = outcome(handle);
  return ended?.type === 'failed' ? ended.failure.code : ended?.type;
};
export const text = (handle: ResponseHandle): string =>
  handle.log.items.flatMap((item) => item.parts.map((part) => handle.log.escapedText(part))).join('|');

export const accepted: TurnEvent = { type: 'turn.accepted' };
export const busy: TurnEvent = { type: 'turn.refused', failure: { code: 'worker_busy' } };
export const opened: TurnEvent = { type: 'item.opened', item: 'm1', kind: 'message' };
export const delta = (words: string, item = 'm1'): TurnEvent => ({ type: 'text.delta', item, delta: words });
export const closed = (words: string, item = 'm1'): TurnEvent => ({
  type: 'item.closed',
  item,
  kind: 'message',
  text: words,
});
export const final: TurnEvent = { type: 'item.final', item: 'm1', kind: 'message', annotations: [] };
export const ended: TurnEvent = { type: 'turn.ended', outcome: { type: 'completed' } };
export const gone: TurnEvent = { type: 'turn.closed' };
export const sampled: TurnEvent = { type: 'sampling.completed', usage: null };
