/** The rows of the anomaly catalogue that are about what is around a turn: requests, processes, interrupts, clients. */

import fc from 'fast-check';
import type { RequestRule } from '../app-server/script.ts';
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
  settle,
  single,
  someText,
  sprinkled,
  type Steps,
} from './blocks.ts';
import { type ClientDeed, type Health, nameMark } from './session.ts';
import { ends, type Sketch } from './sketch.ts';

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

export const worldRows: Readonly<Record<string, fc.Arbitrary<Sketch>>> = {
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
  'A-23': fc.oneof(
    ends('worker_request_timeout', fc.constant<Steps>([hang]), { answered: 'scripted' }),
    // Whichever response of the session the request belongs to.
    fc.tuple(fc.constantFrom(...steps), chain(message, end)).map(([method, said]) => ({
      steps: said,
      processes: everyProcess([{ method, times: 1, act: 'ignore' }]),
    })),
  ),
  'A-31': fc.tuple(overloaded, chain(message, end)).map(([rule, said]) => ({ ...rule, steps: said })),
  'A-45': fc.oneof(
    ends('worker_exited', chain(someText, [{ do: 'closeStdout' }, hang])),
    fc
      .tuple(someText, fc.nat({ max: 50 }))
      .map(([said, afterMs]) => ({ steps: [...said, hang], harm: { afterMs, how: 'stdin' } as const })),
  ),
  'A-53': ends(
    'ok',
    chain([{ do: 'call', name: 'lookup_user', arguments: `{"id":"${nameMark}"}` }], single(sampled), [completed]),
  ),
  'A-54': fc.oneof(
    ends('idle_timeout', chain(someText, [hang]), { interrupt: 'stuck' }),
    ends('ok', chain(message, single(sampled), [settle, hang]), { interrupt: 'stuck' }),
  ),
  'A-59': fc
    .tuple(
      sprinkled(chain([open], deltas, deltas, [close]), pause, 8),
      fc.oneof(end, chain([{ do: 'call', name: 'lookup_user', arguments: '{}' }], single(sampled), [settle])),
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
