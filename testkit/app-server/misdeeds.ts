/**
 * Scenarios that no model provider can cause: what the process itself does wrong, one for each row of the anomaly
 * catalogue that needs it. Parameters have the names and meaning of the provider's scenarios: `n` deltas, `times`,
 * `kind` a method or a variant, `how` a signal, `code`, `message`, `ms`.
 */
import type { Params } from '../provider/params.ts';
import { close, deltas, end, hang, literal, message, note, script, usage } from './misdeed-steps.ts';
import type { Misdeed } from './misdeed-steps.ts';
import { talkMisdeeds } from './misdeeds-talk.ts';
import type { Script, Step } from './script.ts';

const exit = (params: Params): Step => {
  const signal = params.text('how') ?? null;
  return {
    do: 'exit',
    signal,
    code: signal === null ? (params.int('code') ?? Number(params.text('code') ?? 0)) : null,
  };
};

const approvals: Step[] = [
  'item/commandExecution/requestApproval',
  'item/fileChange/requestApproval',
  'currentTime/read',
].map((method) => ({ do: 'ask', method, params: { itemId: 'x' } }));

const noise: Step[] = [
  note('fake/heartbeat', { at: 1 }),
  note('configWarning', { summary: 'nothing to worry about', details: null }),
  note('warning', { threadId: null, message: 'a warning without a thread' }),
  note('warning', { message: 'a warning with a thread' }, 'thread'),
  note('deprecationNotice', { summary: 'old', details: null }),
  note('account/updated', { authMode: 'chatgpt', planType: 'pro' }),
  note('item/fromTheFuture/delta', { itemId: 'x', delta: 'never seen' }, 'turn'),
  note('item/started', { item: { type: 'fromTheFuture', id: 'x' } }, 'turn'),
  { do: 'raw', item: { type: 'other' } },
];

const hello = (params: Params): Script =>
  script(
    { do: 'open' },
    ...(params.has('n') || params.has('text') ? deltas(params) : literal('Hello ', 'from ', 'fake-codex', '.')),
    close,
    ...end,
  );

export const misdeeds: { readonly [name: string]: Misdeed } = {
  ...talkMisdeeds,
  hello,
  play: (params) => JSON.parse(params.text('script') ?? '{"steps":[]}') as Script,
  answerlast: (params) => ({ answer: 'scripted', steps: [...message(params), ...end, { do: 'answer' }] }),
  noanswer: () => ({ answer: 'scripted', steps: [hang] }),
  refuse: (params) => ({
    answer: 'scripted',
    steps: [
      ...(params.has('n') ? [{ do: 'open' } as const, ...deltas(params)] : []),
      {
        do: 'answer',
        refusal: { code: -Number(params.text('code') ?? 32_600), message: params.text('message') ?? 'refused' },
      },
      { do: 'vanish' },
    ],
  }),
  latedelta: (params) =>
    script(
      ...message(params),
      ...end,
      { do: 'sleep', ms: params.int('ms') ?? 0 },
      { do: 'stray', thread: 'own', text: ' LATE' },
    ),
  crossthread: (params) => {
    const thread = (params.text('kind') ?? 'other') as 'other' | 'unknown' | 'none';
    return script({ do: 'open' }, ...deltas(params), { do: 'stray', thread, text: 'STRAY' }, close, ...end);
  },
  exit: (params) => {
    if (params.flag('done'))
      return script(
        { do: 'call', name: params.text('name') ?? 'get_weather', arguments: params.text('args') ?? '{}' },
        { do: 'sampled', usage },
        exit(params),
      );
    return script(
      ...((params.int('n') ?? 2) === 0 ? [] : [{ do: 'open' } as const, ...deltas(params, 2)]),
      exit(params),
    );
  },
  exithalf: (params) =>
    script(
      { do: 'open' },
      ...deltas(params, 2),
      { do: 'half' },
      { do: 'delta', text: 'cut in the middle' },
      exit(params),
    ),
  garbage: (params) =>
    script(
      { do: 'open' },
      ...['{not json', 'plain text', '', '[]', '42', '"x"', 'null', '{"method":7}', '{}'].map(
        (text): Step => ({ do: 'line', text }),
      ),
      ...deltas(params),
      close,
      ...end,
    ),
  badutf8: (params) =>
    script(
      { do: 'open' },
      ...deltas(params),
      { do: 'bytes', bytes: [0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d, 0x0a] },
      close,
      ...end,
    ),
  crlf: (params) =>
    script(
      { do: 'open' },
      { do: 'line', text: '{"method":"fake/heartbeat","params":{}}\r' },
      ...deltas(params),
      close,
      ...end,
    ),
  stuck: (params) => ({ interrupt: 'stuck', steps: [{ do: 'open' }, ...deltas(params), hang] }),
  approval: (params) =>
    script(
      { do: 'open' },
      ...deltas(params),
      ...approvals,
      { do: 'ask', method: 'fake/unknown', params: {}, id: 1 },
      close,
      ...end,
      note('serverRequest/resolved', { requestId: 0 }, 'thread'),
    ),
  noise: (params) =>
    script(...noise, { do: 'open' }, ...deltas(params).flatMap((step) => [step, ...noise]), close, ...noise, ...end),
  closestdout: (params) => script({ do: 'open' }, ...deltas(params), { do: 'closeStdout' }, hang),
  drop: (params) =>
    script({ do: 'open' }, ...deltas(params), { do: 'drop', lines: params.int('times') ?? 1 }, close, ...end),
  burst: (params) =>
    script(
      { do: 'open' },
      {
        do: 'burst',
        deltas: params.int('n') ?? 1000,
        bytes: params.int('size') ?? 20,
        everyMs: params.int('delay') ?? 0,
      },
      close,
      ...end,
    ),
  ignore: (params) => hello(params),
  overload: (params) => hello(params),
};
