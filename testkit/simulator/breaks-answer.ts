/** Defects of what clients are told: text, usage, outcomes. */

import type { TurnEvent } from '../../actors/turn.ts';
import { ResponseLog } from '../../actors/log.ts';
import type { ResponseId } from '../../machines/ids.ts';
import { type Break, hearing, only, small } from './break.ts';

/** The longest end of the text that the delta begins with, as the predecessor removed it. */
const overlap = (text: string, delta: string): number => {
  for (let length = Math.min(text.length, delta.length); length > 0; length -= 1)
    if (text.endsWith(delta.slice(0, length))) return length;
  return 0;
};

type Of<T extends TurnEvent['type']> = Extract<TurnEvent, { type: T }>;

/** Events of one type are heard as something else, or not at all. */
const instead = <T extends TurnEvent['type']>(type: T, change: (event: Of<T>) => TurnEvent | null) =>
  hearing(() => (output) => {
    if (output.event.type !== type) return [output];
    const event = change(output.event as Of<T>);
    return event === null ? [] : [{ ...output, event }];
  });

export const answerBreaks: readonly Break[] = [
  {
    name: 'overlap-removal',
    rows: ['W-1'],
    about: 'a delta that begins as the text so far ends is taken for a repetition',
    seams: hearing(() => {
      const texts = new Map<ResponseId, string>();
      return ({ response, event }) => {
        if (event.type !== 'text.delta') return [{ response, event }];
        const text = texts.get(response) ?? '';
        const delta = event.delta.slice(overlap(text, event.delta));
        texts.set(response, text + delta);
        return delta === '' ? [] : [{ response, event: { ...event, delta } }];
      };
    }),
    mix: small({}),
    responses: 60,
    expects: /^I-1: .* the text/,
  },
  {
    name: 'first-message-only',
    rows: ['W-7'],
    about: 'of two messages of a turn only the first is delivered',
    seams: hearing(() => {
      const first = new Map<ResponseId, string>();
      return (output) => {
        const { response, event } = output;
        if (event.type === 'item.opened' && event.kind === 'message' && !first.has(response))
          first.set(response, event.item);
        const known = first.get(response);
        return 'item' in event && known !== undefined && event.item !== known && !event.type.startsWith('call')
          ? []
          : [output];
      };
    }),
    mix: small({}),
    responses: 60,
    expects: /^I-1: .*two_messages.* the text/,
  },
  {
    name: 'usage-lost',
    rows: ['W-8'],
    about: 'the usage that the provider told is ignored',
    seams: instead('sampling.completed', (event) => ({ ...event, usage: null })),
    mix: small({}),
    responses: 60,
    expects: /^usage: .* lost/,
  },
  {
    name: 'length-is-whole',
    rows: ['W-17'],
    about: 'an answer cut by the length limit is told as complete',
    seams: instead('turn.ended', (event) =>
      event.outcome.type === 'incomplete' ? { ...event, outcome: { type: 'completed' } } : event,
    ),
    mix: only('provider.length'),
    responses: 10,
    expects: /^outcome: .* ended as completed/,
  },
  {
    name: 'ids-restart',
    rows: ['W-18'],
    about: 'ids of items are counted anew for every response',
    patch: () => {
      const { openItem } = ResponseLog.prototype;
      ResponseLog.prototype.openItem = function (this: ResponseLog, item) {
        return openItem.call(this, { ...item, id: `fc_${this.items.length}` });
      };
      return () => {
        ResponseLog.prototype.openItem = openItem;
      };
    },
    mix: small({}),
    responses: 20,
    expects: /^ids: fc_0 names two items/,
  },
  {
    name: 'empty-is-failure',
    rows: ['W-20'],
    about: 'a turn without text is told as a failure of the backend',
    seams: hearing(() => {
      const spoke = new Set<ResponseId>();
      return (output) => {
        const { response, event } = output;
        if (event.type === 'text.delta' || event.type === 'call.requested' || event.type === 'item.closed')
          spoke.add(response);
        return event.type === 'turn.ended' && !spoke.has(response)
          ? [{ response, event: { ...event, outcome: { type: 'failed', failure: { code: 'upstream_error' } } } }]
          : [output];
      };
    }),
    mix: only('provider.anonymous'),
    responses: 10,
    expects: /^outcome: .* ended as upstream_error/,
  },
  {
    name: 'refusal-unheard',
    rows: ['W-28'],
    about: 'a step that the worker refuses is never told to its response',
    seams: instead('turn.refused', () => null),
    mix: only('turn.refused'),
    responses: 10,
    expects: /^outcome: .* ended as idle_timeout/,
  },
  {
    name: 'errors-late',
    rows: ['W-41'],
    about: 'an error of the worker is not heard: its response waits for a deadline',
    seams: instead('turn.ended', (event) => (event.outcome.type === 'failed' ? null : event)),
    mix: only('turn.error'),
    responses: 10,
    expects: /^(outcome|I-9): .*idle_timeout/,
  },
  {
    name: 'code-for-all',
    rows: ['W-58'],
    about: 'what the client got wrong is told as the fault of the worker',
    seams: instead('turn.refused', (event) => ({ ...event, failure: { code: 'worker_not_ready' } })),
    mix: only('turn.refused'),
    responses: 10,
    expects: /^outcome: .* ended as worker_not_ready/,
  },
];
