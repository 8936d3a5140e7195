/** The rows of the anomaly catalogue that are about what breaks: silence, errors, deaths, requests, starts, clients. */

import fc from 'fast-check';
import type { TurnError } from '../app-server/lines.ts';
import type { RequestRule, Step } from '../app-server/script.ts';
import { filterGuidance, lengthLimit } from '../app-server/failures.ts';
import {
  chain,
  close,
  completed,
  deltas,
  end,
  hang,
  message,
  open,
  pause,
  sampled,
  saying,
  settle,
  sprinkled,
  type Steps,
  usage,
} from './blocks.ts';
import { errorCodes, type ErrorName } from './errors.ts';
import { type ClientDeed, type Health, nameMark, sessionLimits, stallMs } from './session.ts';
import type { Sketch } from './sketch.ts';

const ends = (code: string, steps: fc.Arbitrary<Steps>, more: Partial<Sketch> = {}): fc.Arbitrary<Sketch> =>
  steps.map((said) => ({ steps: said, ends: code, ...more }));

const someText = chain([open], sprinkled(deltas, pause));
const maybeText = fc.oneof(fc.constant<Steps>([]), someText);
const exit: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  { do: 'exit', code: 0, signal: null },
  { do: 'exit', code: 1, signal: null },
  { do: 'exit', code: null, signal: 'SIGKILL' },
  { do: 'exit', code: null, signal: 'SIGSEGV' },
);
const step = (one: fc.Arbitrary<Step>): fc.Arbitrary<Steps> => one.map((only) => [only]);
const silence = fc.oneof(fc.constant<Steps>([hang]), chain([{ do: 'sleep', ms: stallMs }], deltas, end));

const error = (name: ErrorName, httpStatusCode?: number | null): TurnError => ({
  message: name === 'other' ? 'stream disconnected before completion: network error' : `it went wrong (${name})`,
  info: httpStatusCode === undefined ? name : { [name]: { httpStatusCode } },
});
interface Trouble {
  readonly error: TurnError;
  readonly code: string;
}
const trouble = (name: ErrorName, status?: number | null): Trouble => {
  const told = error(name, status);
  return { error: told, code: errorCodes(name, status ?? null, told.message) };
};
const troubles = fc.constantFrom(
  trouble('contextWindowExceeded'),
  trouble('badRequest'),
  trouble('serverOverloaded'),
  trouble('rateLimitExceeded'),
  trouble('internalServerError'),
  trouble('modelNotFound'),
  trouble('cyberPolicy'),
  trouble('other'),
  trouble('responseStreamDisconnected', null),
  trouble('httpConnectionFailed', null),
  trouble('httpConnectionFailed', 401),
  trouble('httpConnectionFailed', 403),
  trouble('httpConnectionFailed', 429),
  trouble('httpConnectionFailed', 502),
);
/** The same trouble twice, as `error` and as the end of the turn. */
const failing = (before: fc.Arbitrary<Steps>, which: fc.Arbitrary<Trouble>): fc.Arbitrary<Sketch> =>
  fc.tuple(before, which).map(([said, { error: told, code }]) => ({
    ends: code,
    steps: [...said, { do: 'error', error: told, retry: false }, { do: 'complete', status: 'failed', error: told }],
  }));

const reconnecting: Step = {
  do: 'error',
  retry: true,
  error: { message: 'Reconnecting... 1/5', info: { responseStreamDisconnected: { httpStatusCode: null } } },
};
const refusal = (codes: readonly number[]): fc.Arbitrary<Step> =>
  fc.constantFrom(...codes).map((code): Step => ({ do: 'answer', refusal: { code, message: 'refused by the test' } }));

/* Requests that are refused or forgotten. */

const steps = ['thread/start', 'thread/inject_items', 'turn/start'] as const;
const overload = { code: -32_001, message: 'Server overloaded; retry later.' };
const everyProcess = (rules: readonly RequestRule[]): readonly Health[] => Array.from({ length: 8 }, () => ({ rules }));
const overloaded = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...steps, 'turn/interrupt', 'thread/unsubscribe', 'model/list', 'initialize'),
      fc.integer({ min: 1, max: 5 }),
    )
    .map(([method, times]) => ({ ends: 'ok', processes: everyProcess([{ method, times, act: overload }]) })),
  fc
    .constantFrom(...steps)
    .map((method) => ({ ends: 'worker_busy', processes: everyProcess([{ method, times: 10_000, act: overload }]) })),
);

/* Processes that start badly. */

const badStart: fc.Arbitrary<Health> = fc.oneof(
  fc.constantFrom<Health>(
    { neverReady: true },
    { spawn: 'missing' },
    { spawn: 'fails' },
    { livesMs: 0 },
    { rules: [{ method: 'initialize', times: 1, act: { code: -32_603, message: 'no' } }] },
    { rules: [{ method: 'initialize', times: 1, act: 'ignore' }] },
    { greeting: ['codex app-server listening', '{"method":"ready","params":{}}'], neverReady: true },
    { greeting: ['{"method":"ready","params":{}}', '{"method":"ready","params":{}}'] },
    { greeting: ['{"id":1,"result":{}}'] },
  ),
  fc.integer({ min: 100, max: 8_000 }).map((readyDelayMs) => ({ readyDelayMs })),
);

/* Clients. */

const leaves = (atMs: fc.Arbitrary<number>): fc.Arbitrary<readonly ClientDeed[]> =>
  atMs.map((afterMs) => [{ do: 'leave', afterMs }]);
const slow: fc.Arbitrary<readonly ClientDeed[]> = fc
  .tuple(fc.nat({ max: 30 }), fc.nat({ max: 3_000 }), fc.option(fc.integer({ min: 1, max: 9_000 }), { freq: 4 }))
  .map(([afterMs, roomBytes, pauseMs]) => [
    { do: 'block', afterMs, roomBytes },
    ...(pauseMs === null ? [] : [{ do: 'read', afterMs: afterMs + pauseMs } as const]),
  ]);

export const faultRows: Readonly<Record<string, fc.Arbitrary<Sketch>>> = {
  'A-04b': ends('idle_timeout', chain(message, silence)),
  // As many deltas as the run can afford; the size of the catalogue is a test of its own.
  'A-14': fc
    .tuple(
      fc.constantFrom({ deltas: 600, bytes: 20 }, { deltas: 250, bytes: 20 }, { deltas: 60, bytes: 1_024 }),
      fc.oneof(fc.constant<readonly ClientDeed[]>([]), slow),
      end,
    )
    .map(([size, client, last]) => ({
      ends: 'ok',
      client,
      steps: [open, { do: 'delta', text: nameMark }, { do: 'burst', everyMs: 0, ...size }, close, ...last],
    })),
  'A-22': ends('idle_timeout', chain(someText, silence)),
  'A-23': ends('worker_request_timeout', fc.constant<Steps>([hang]), { answered: 'scripted' }),
  'A-24': ends('idle_timeout', silence),
  'A-25': ends('worker_exited', chain(someText, step(exit))),
  'A-26': ends('worker_exited', chain(fc.array(pause, { maxLength: 2 }), step(exit))),
  'A-27': ends(
    'ok',
    chain(
      maybeText.map((said) => (said.length === 0 ? said : [...said, close])),
      [{ do: 'call', name: 'lookup_user', arguments: `{"id":"${nameMark}"}` }],
      fc.oneof(fc.constant<Steps>([]), step(sampled), step(pause)),
      step(exit),
    ),
  ),
  'A-28': ends(
    'worker_exited',
    chain(
      maybeText.map((said) => (said.length === 0 ? said : [...said, close])),
      [{ do: 'half' }, { do: 'call', name: 'lookup_user', arguments: `{"id":"${nameMark}"}` }],
      step(exit),
    ),
  ),
  'A-29': ends('worker_error', chain(someText, step(refusal([-32_603])), [{ do: 'vanish' }]), { answered: 'scripted' }),
  'A-30': ends('bad_request', chain(step(refusal([-32_600, -32_602])), [{ do: 'vanish' }]), { answered: 'scripted' }),
  'A-31': fc.tuple(overloaded, chain(message, end)).map(([rule, said]) => ({ ...rule, steps: said })),
  'A-32': failing(maybeText, fc.constant(trouble('usageLimitExceeded'))),
  'A-33': failing(maybeText, troubles),
  'A-34': failing(maybeText, fc.constant(trouble('unauthorized'))),
  'A-35': ends(
    'ok',
    chain(
      fc
        .array(fc.constantFrom<Steps>([reconnecting], [open, reconnecting]), { minLength: 1, maxLength: 3 })
        .map((all) => all.flat()),
      message,
      end,
    ),
  ),
  'A-36': ends(
    'stream_disconnected',
    fc
      .tuple(deltas, fc.boolean(), end)
      .map(
        ([said, closed, last]): Steps => [
          open,
          ...said,
          ...(closed ? [close] : []),
          reconnecting,
          open,
          ...said,
          close,
          ...last,
        ],
      ),
  ),
  'A-37': fc.tuple(maybeText, troubles).map(([said, { error: told, code }]) => ({
    ends: code,
    steps: [...said, { do: 'error', error: told, retry: false }, hang],
  })),
  'A-38': ends(
    'ok',
    fc
      .tuple(message, usage)
      .map(
        ([said, told]): Steps => [
          ...said,
          { do: 'usage', usage: told, last: 'zero' },
          { do: 'complete', status: 'failed', error: lengthLimit },
        ],
      ),
  ),
  'A-39': ends(
    'ok',
    fc.constant<Steps>([
      { do: 'guide', text: filterGuidance, kind: 'generic' },
      {
        do: 'complete',
        status: 'failed',
        error: { message: 'Incomplete response returned, reason: content_filter', info: 'other' },
      },
    ]),
  ),
  'A-41': fc.oneof(
    ends(
      'ok',
      chain(
        [open],
        fc
          .integer({ min: 20_000, max: sessionLimits.lineBytesMax - 1_000 })
          .map((size) => saying([nameMark, 'x'.repeat(size)])),
        [{ do: 'close', text: nameMark, raw: false }],
        end,
      ),
    ),
    ends('worker_exited', chain(someText, [{ do: 'line', text: 'x'.repeat(sessionLimits.lineBytesMax + 1) }], [hang])),
  ),
  'A-43': ends(
    'worker_exited',
    chain(someText, [{ do: 'half' }, { do: 'delta', text: 'cut in the middle' }], step(exit)),
  ),
  'A-45': fc.oneof(
    ends('worker_exited', chain(someText, [{ do: 'closeStdout' }, hang])),
    fc
      .tuple(someText, fc.nat({ max: 50 }))
      .map(([said, afterMs]) => ({ steps: [...said, hang], harm: { afterMs, how: 'stdin' } as const })),
  ),
  'A-53': ends(
    'ok',
    chain([{ do: 'call', name: 'lookup_user', arguments: `{"id":"${nameMark}"}` }], step(sampled), [completed]),
  ),
  'A-54': fc.oneof(
    ends('idle_timeout', chain(someText, [hang]), { interrupt: 'stuck' }),
    ends('ok', chain(message, step(sampled), [settle, hang]), { interrupt: 'stuck' }),
  ),
  'A-55': ends('upstream_error', chain(someText, [{ do: 'complete', status: 'interrupted' }])),
  'A-59': fc
    .tuple(
      sprinkled(chain([open], deltas, deltas, [close]), pause, 8),
      fc.oneof(end, chain([{ do: 'call', name: 'lookup_user', arguments: '{}' }], step(sampled), [settle])),
      leaves(fc.oneof(fc.constant(0), fc.nat({ max: 40 }), fc.nat({ max: 6_000 }))),
    )
    .map(([said, last, client]) => ({ ends: 'ok', steps: [...said, ...last], client })),
  'A-64': fc
    .tuple(fc.array(badStart, { minLength: 1, maxLength: 3 }), chain(message, end))
    .map(([processes, said]) => ({ ends: 'ok', steps: said, processes })),
  'A-65': fc.tuple(fc.integer({ min: 3, max: 5 }), chain(message, end)).map(([times, said]) => ({
    ends: 'ok',
    steps: said,
    processes: Array.from({ length: times }, () => ({ livesMs: 100 })),
  })),
};
