/** The generated sequences on a small scale, and that the oracle, the judge and the quotas can fail. */

import { describe, expect, test } from 'vitest';
import type { Channel } from '../../actors/seams.ts';
import type { TurnEvent } from '../../actors/turn.ts';
import type { WorkerLauncher } from '../../transport/launcher.ts';
import type { PipedProcess } from '../../transport/process.ts';
import { map } from 'rxjs';
import { eventsOf } from '../text-runs.ts';
import type { WorldOptions } from '../world/world.ts';
import type { Step } from '../app-server/script.ts';
import { Census } from './census.ts';
import { run } from './run.ts';
import { rowNames } from './sessions.ts';
import { Oracle } from './truth.ts';
import { story } from './story.ts';

/** What workers tell, changed on its way to the runtime. */
const telling = (change: (events: readonly TurnEvent[]) => readonly TurnEvent[]): Partial<WorldOptions> => ({
  seams: {
    launcher: (launcher): WorkerLauncher => ({
      ...launcher,
      launch: (slot, epoch): Channel => {
        const channel = launcher.launch(slot, epoch);
        const output = channel.output.pipe(
          map((chunk) =>
            [...Map.groupBy(chunk, ({ response }) => response)].flatMap(([response, said]) =>
              change(said.flatMap(({ event }) => eventsOf(event))).map((event) => ({ response, event })),
            ),
          ),
        );
        return { output, facts: channel.facts, send: (command) => channel.send(command) };
      },
    }),
  },
});
/** What is written to workers, changed on its way. */
const writing = (change: (text: string) => string): Partial<WorldOptions> => ({
  seams: {
    spawner: (spawn) => (spec, events) => {
      const process = spawn(spec, events);
      const write = process.write.bind(process);
      process.write = (text: string) => write(change(text));
      return process as PipedProcess;
    },
  },
});

const seed = 20_261_123;

test('all holds', async () => {
  const { failure, census } = await run({ seed, runs: 250, strictEvery: 2 });
  expect(failure === null ? '' : `${failure.complaints.join('\n')}\n${story(failure.session)}`).toBe('');
  expect(census.sessions).toBe(250);
}, 60_000);

test('every row of the catalogue has a generator', () => {
  const expected = Array.from({ length: 65 }, (_, index) => `A-${String(index + 1).padStart(2, '0')}`);
  expect(rowNames).toEqual([...expected, 'A-04b'].toSorted());
});

describe('what is broken is found', () => {
  const broken: readonly (readonly [string, string, Partial<WorldOptions>])[] = [
    [
      'a delta is lost',
      'I-1',
      telling((events) => events.filter((event) => event.type !== 'text.delta' || event.delta !== 'ha')),
    ],
    [
      'a delta comes twice',
      'I-1',
      telling((events) =>
        events.flatMap((event): readonly TurnEvent[] => (event.type === 'text.delta' ? [event, event] : [event])),
      ),
    ],
    [
      'the text of a completed item is believed before its deltas',
      'I-1',
      telling((events) =>
        events.filter(
          (event, at) => event.type !== 'text.delta' || events.slice(at).every(({ type }) => type !== 'item.closed'),
        ),
      ),
    ],
    [
      'arguments of calls are cut',
      'I-7',
      telling((events) =>
        events.map((event) =>
          event.type === 'call.requested' ? { ...event, arguments: event.arguments.slice(0, -1) } : event,
        ),
      ),
    ],
    [
      'usage is forgotten',
      'I-4',
      telling((events) =>
        events.map((event) => (event.type === 'sampling.completed' ? { ...event, usage: null } : event)),
      ),
    ],
    ['the end of a turn is not heard', 'I-9', telling((events) => events.filter(({ type }) => type !== 'turn.ended'))],
    [
      'a failure becomes another',
      'I-4',
      telling((events) =>
        events.map(
          (event): TurnEvent =>
            event.type === 'turn.ended' && event.outcome.type === 'failed'
              ? { ...event, outcome: { type: 'failed', failure: { code: 'model_not_found' } } }
              : event,
        ),
      ),
    ],
    [
      // Its threads stay, it counts as worn, and it is replaced more often than it may be.
      'a worker is never told to let go',
      'I-6',
      writing((text) => text.replaceAll('thread/unsubscribe', 'server/diagnostics')),
    ],
    [
      'a turn is never interrupted',
      'I-8',
      writing((text) => text.replaceAll('"turn/interrupt"', '"server/diagnostics"')),
    ],
  ];

  test.each(broken)(
    '%s',
    async (_, invariant, world) => {
      const { failure } = await run({ seed, runs: 400, strictEvery: 8, world });
      expect(failure?.complaints.map((complaint) => complaint.split(' ')[0])).toContain(invariant);
      expect(failure?.path).not.toBe('');
    },
    60_000,
  );

  test('with a path that plays the same session again', async () => {
    const [, , world] = broken[1] as (typeof broken)[number];
    const first = await run({ seed, runs: 400, strictEvery: 8, world });
    const again = await run({ seed, runs: 400, strictEvery: 8, world, path: first.failure?.path ?? '' });
    expect(again.failure?.session).toEqual(first.failure?.session);
    expect(again.census.sessions).toBe(1);
  }, 60_000);
});

describe('the oracle', () => {
  const end: readonly Step[] = [
    { do: 'sampled', usage: { input: 8, cached: 0, output: 6, reasoning: 0 } },
    { do: 'complete', status: 'completed' },
  ];
  const said = (text: string): Step => ({ do: 'delta', text });

  test.each<[string, readonly Step[], string | null, string]>([
    ['A-01', [said('Hello '), said('world'), { do: 'close' }, ...end], null, 'Hello world'],
    ['A-05', [{ do: 'close', text: 'Hello world' }, ...end], null, 'Hello world'],
    ['A-06', end, null, ''],
    ['A-09', [said('Hello'), { do: 'close', text: 'Goodbye world' }, ...end], null, 'Hello'],
    ['A-10', [said('Hello'), { do: 'close', text: 'Hello world' }, ...end], null, 'Hello world'],
    ['A-11', [said('First.'), { do: 'close' }, said('Second.'), { do: 'close' }, ...end], null, 'First.\n\nSecond.'],
    ['A-22', [said('Hello '), { do: 'hang' }], 'idle_timeout', 'Hello '],
    ['A-25', [said('Hello '), { do: 'exit', code: 1, signal: null }], 'worker_exited', 'Hello '],
    ['A-55', [said('Hello '), { do: 'complete', status: 'interrupted' }], 'upstream_error', 'Hello '],
  ])('knows %s', (_, steps, code, text) => {
    const predicted = new Oracle(true).predict(steps);
    expect([predicted.code, predicted.text]).toEqual([code, text]);
  });
});

test('a run that is too small misses its quotas, and says which', async () => {
  const { census } = await run({ seed, runs: 3, strictEvery: 1 });
  expect(census.missing()).toContain('A-01 in cs: 0 times instead of 100');
  expect(census.missing().length).toBeGreaterThan(4 * rowNames.length - 20);
  expect(census.table()).toContain('3 sessions');
  const nothing = new Census();
  nothing.sessions = 3;
  expect(nothing.missing().slice(-2)).toEqual(['0 sessions of two or more responses', '0 sessions with a fault']);
});
