/** The rows of the anomaly catalogue that are about what breaks within a turn: silence, errors, deaths. */

import fc from 'fast-check';
import type { TurnError } from '../app-server/lines.ts';
import type { Step } from '../app-server/script.ts';
import { filterGuidance, lengthLimit } from '../app-server/failures.ts';
import {
  chain,
  close,
  deltas,
  end,
  exit,
  hang,
  message,
  open,
  pause,
  sampled,
  saying,
  single,
  someText,
  type Steps,
  usage,
} from './blocks.ts';
import { errorCodes, type ErrorName } from './errors.ts';
import { nameMark, sessionLimits, stallMs } from './session.ts';
import { ends, type Sketch } from './sketch.ts';

const hows = fc.constantFrom('torn' as const, 'exit' as const, 'stdin' as const, 'stdout' as const);
const maybeText = fc.oneof(fc.constant<Steps>([]), someText);
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

export const faultRows: Readonly<Record<string, fc.Arbitrary<Sketch>>> = {
  'A-04b': ends('idle_timeout', chain(message, silence)),
  'A-22': ends('idle_timeout', chain(someText, silence)),
  'A-24': ends('idle_timeout', silence),
  'A-25': ends('worker_exited', chain(someText, single(exit))),
  'A-26': fc.oneof(
    ends('worker_exited', chain(fc.array(pause, { maxLength: 2 }), single(exit))),
    // Before the turn is accepted: a second worker is tried, and dies as well, or has the answer.
    ends('worker_exited', chain(fc.array(pause, { maxLength: 2 }), single(exit)), { answered: 'scripted' }),
    fc
      .tuple(chain([{ do: 'sleep', ms: 50 }, { do: 'answer' }], message, end), fc.nat({ max: 40 }), hows)
      .map(([steps, afterMs, how]) => ({ steps, answered: 'scripted' as const, harm: { afterMs, how } })),
  ),
  'A-27': ends(
    'ok',
    chain(
      maybeText.map((said) => (said.length === 0 ? said : [...said, close])),
      [{ do: 'call', name: 'lookup_user', arguments: `{"id":"${nameMark}"}` }],
      fc.oneof(fc.constant<Steps>([]), single(sampled), single(pause)),
      single(exit),
    ),
  ),
  'A-28': ends(
    'worker_exited',
    chain(
      maybeText.map((said) => (said.length === 0 ? said : [...said, close])),
      [{ do: 'half' }, { do: 'call', name: 'lookup_user', arguments: `{"id":"${nameMark}"}` }],
      single(exit),
    ),
  ),
  'A-29': ends('worker_error', chain(someText, single(refusal([-32_603])), [{ do: 'vanish' }]), {
    answered: 'scripted',
  }),
  'A-30': ends('bad_request', chain(single(refusal([-32_600, -32_602])), [{ do: 'vanish' }]), { answered: 'scripted' }),
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
    chain(someText, [{ do: 'half' }, { do: 'delta', text: 'cut in the middle' }], single(exit)),
  ),
  'A-55': ends('upstream_error', chain(someText, [{ do: 'complete', status: 'interrupted' }])),
};
