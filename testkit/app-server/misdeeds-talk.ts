/**
 * Misdeeds inside a turn: items, deltas, totals and ends that are missing, repeated, torn or in disagreement.
 * Parameters have the names and meaning of the provider's scenarios: `n` deltas, `times`, `text`, `message`, `ms`.
 */
import type { Params } from '../provider/params.ts';
import { disconnected } from './failures.ts';
import type { JsonObject, TurnError } from './lines.ts';
import { close, deltas, end, hang, literal, message, note, script, usage } from './misdeed-steps.ts';
import type { Misdeed } from './misdeed-steps.ts';
import type { Step } from './script.ts';

const wrong = (params: Params): TurnError => ({
  message: params.text('message') ?? 'something went wrong',
  info: params.text('kind') ?? 'other',
});
const cutOff: TurnError = disconnected('Transport error: network error: error decoding response body');

/** A delta line whose `delta` is not text, or not there. */
const oddDelta = (more: JsonObject): Step => note('item/agentMessage/delta', { itemId: 'msg_odd', ...more }, 'turn');

function retries(params: Params): Step[] {
  const times = params.int('times') ?? 1;
  const lost = Array.from({ length: times }, (_, index): Step[] => [
    ...(params.int('n') === 0 ? [] : [{ do: 'open' } as const, ...deltas(params)]),
    ...(params.flag('done') ? [close] : []),
    {
      do: 'error',
      retry: true,
      error: {
        message: `Reconnecting... ${index + 1}/5`,
        info: { responseStreamDisconnected: { httpStatusCode: null } },
        details: cutOff.message,
      },
    },
  ]);
  const whole: Step[] = [{ do: 'open' }, ...literal('Hello', ', ', 'world', '.'), close];
  return [...lost.flat(), ...whole, ...end];
}

export const talkMisdeeds: { readonly [name: string]: Misdeed } = {
  noturnend: (params) => script(...message(params), { do: 'sampled', usage }, { do: 'settle' }, hang),
  nosampling: (params) => script(...message(params), hang),
  closetwice: (params) =>
    script({ do: 'open' }, ...deltas(params), { do: 'duplicate' }, { do: 'close', raw: false }, ...end),
  closefirst: () =>
    script(
      { do: 'open', id: 'msg_early' },
      { do: 'close', text: 'Hello world', raw: false },
      { do: 'open', id: 'msg_early' },
      ...literal('Hello ', 'world'),
      ...end,
    ),
  mismatch: (params) =>
    script({ do: 'open' }, ...literal('Hello'), { do: 'close', text: params.text('text') ?? 'Goodbye world' }, ...end),
  suffix: () => script({ do: 'open' }, ...literal('Hello'), { do: 'close', text: 'Hello world' }, ...end),
  odddeltas: () =>
    script(
      { do: 'open' },
      ...literal('', 'x', ''),
      oddDelta({ delta: null }),
      oddDelta({}),
      oddDelta({ delta: 1 }),
      oddDelta({ delta: { type: 'odd' } }),
      { do: 'close', text: 'x' },
      ...end,
    ),
  torn: (params) =>
    script(
      { do: 'open' },
      ...[...(params.text('text') ?? 'a👩‍👧b').split('')].flatMap((unit) => literal(unit)),
      close,
      ...end,
    ),
  usagelate: (params) =>
    script(
      ...message(params),
      { do: 'complete', status: 'completed' },
      { do: 'sleep', ms: params.int('ms') ?? 20 },
      { do: 'sampled', usage },
      { do: 'usage', usage, last: 'same' },
    ),
  usagetwice: (params) =>
    script(
      ...message(params),
      { do: 'sampled', usage },
      { do: 'sampled', usage: { ...usage, output: 9 } },
      { do: 'settle' },
      { do: 'complete', status: 'completed' },
    ),
  twicecompleted: (params) =>
    script(...message(params), { do: 'answer' }, { do: 'line', text: '{"id":987654321,"result":{}}' }, ...end, {
      do: 'complete',
      status: 'completed',
    }),
  retryrepeat: (params) => script(...retries(params)),
  erroronly: (params) =>
    script({ do: 'open' }, ...deltas(params), { do: 'error', error: wrong(params), retry: false }, hang),
  error: (params) =>
    script(
      { do: 'error', error: wrong(params), retry: false },
      { do: 'complete', status: 'failed', error: wrong(params) },
    ),
  aborted: (params) => script({ do: 'open' }, ...deltas(params), { do: 'complete', status: 'interrupted' }),
  compaction: (params) => {
    const item = { type: 'contextCompaction', id: 'cc_1', startedAtMs: 0, completedAtMs: null };
    const compacted = [
      note('item/started', { item, startedAtMs: 0 }, 'turn'),
      { do: 'sampled', usage, id: 'resp_compaction' },
      note('item/completed', { item, contentTokenCount: null, completedAtMs: 0 }, 'turn'),
      { do: 'settle' },
    ] as const;
    return script(...compacted, ...message(params), ...end);
  },
  /** Asks under every id that the client may be waiting for, its own `turn/start` among them. */
  sameids: (params) => ({
    answer: 'scripted',
    steps: [
      ...Array.from(
        { length: params.int('times') ?? 200 },
        (_, id): Step => ({ do: 'ask', method: 'fake/unknown', params: {}, id }),
      ),
      ...message(params),
      { do: 'answer' },
      ...end,
    ],
  }),
  unannounced: (params) => script({ do: 'stray', thread: 'own', text: 'STRAY' }, ...message(params), ...end),
  rawtwice: (params) =>
    script(
      { do: 'open' },
      ...deltas(params),
      { do: 'close', raw: false },
      { do: 'duplicate' },
      { do: 'raw', item: { type: 'message', status: 'completed', id: 'msg_raw', role: 'assistant', content: [] } },
      ...end,
    ),
};
