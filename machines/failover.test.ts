/** A worker that comes to nothing before it has accepted a turn: the stream asks for another one, once. */

import { describe, expect, test } from 'vitest';
import { streamLimits } from '../testkit/house.ts';
import { begin, type Run, take, timers } from '../testkit/machine-run.ts';
import type { Epoch, Lease, ResponseId, Slot } from './ids.ts';
import { streamMachine } from './stream.ts';

const response = 'resp_x' as ResponseId;
const first: Lease = { slot: 0 as Slot, epoch: 1 as Epoch };
const second: Lease = { slot: 1 as Slot, epoch: 1 as Epoch };
const busy = { type: 'turn.refused', failure: { code: 'worker_busy' } };

const opening = (...events: readonly { readonly type: string; readonly [member: string]: unknown }[]): Run => {
  const run = begin(streamMachine, { response, limits: streamLimits });
  take(streamMachine, run, { type: 'stream.opened' });
  take(streamMachine, run, { type: 'lease.granted', lease: first });
  run.commands.length = 0;
  for (const event of events) take(streamMachine, run, { lease: first, ...event });
  return run;
};
const afterwards = (
  run: Run,
  ...events: readonly { readonly type: string; readonly [member: string]: unknown }[]
): Run => {
  run.commands.length = 0;
  for (const event of events) take(streamMachine, run, { lease: second, ...event });
  return run;
};
const saidBy = (run: Run): readonly string[] => run.commands.map(({ type }) => type);
const endOf = (run: Run): unknown => {
  const end = run.commands.find((command) => command.type === 'log.end');
  return end?.type === 'log.end' ? end.outcome : undefined;
};
const failure = (code: string): unknown => ({ type: 'failed', failure: { code } });
const timer = (run: Run, name: string): string => {
  const found = timers(run).find((type) => type.startsWith(`xstate.after.${name}.`));
  if (found === undefined) throw new Error(`no deadline ${name} is set`);
  return found;
};
/** Refused for want of room, and waiting for the worker to let go. */
const retreating = (): Run => opening(busy);
/** In the queue for the second time. */
const again = (): Run => opening({ type: 'lease.revoked' });

describe('a stream whose worker has not accepted the turn', () => {
  test('asks for another process when that one dies', () => {
    const run = again();
    // Nothing more is written of what that one says.
    expect(run.commands).toEqual([
      { type: 'turn.stop', response, lease: first },
      { type: 'lease.request', response, avoid: first },
    ]);
    expect(saidBy(afterwards(run, { type: 'lease.granted' }))).toEqual(['turn.start']);
  });

  test('lets go of the turn before it asks for another process when that one has no room', () => {
    const run = retreating();
    expect(saidBy(run)).toEqual(['turn.stop']);
    take(streamMachine, run, { type: 'turn.closed', lease: second });
    expect(saidBy(run)).toEqual(['turn.stop']);
    take(streamMachine, run, { type: 'turn.closed', lease: first });
    expect(run.commands.slice(1)).toEqual([
      { type: 'lease.release', response, lease: first },
      { type: 'lease.request', response, avoid: first },
    ]);
  });

  test.each(['lease.revoked', 'letGo'])('need not hear that the turn is gone: %s', (how) => {
    const run = retreating();
    run.commands.length = 0;
    take(streamMachine, run, { type: how === 'letGo' ? timer(run, 'letGo') : how, lease: first });
    expect(saidBy(run)).toEqual([...(how === 'letGo' ? ['lease.release'] : []), 'lease.request']);
  });

  test('may have committed the head of the answer before', () => {
    const run = opening();
    take(streamMachine, run, { type: timer(run, 'head') });
    take(streamMachine, run, { type: 'lease.revoked', lease: first });
    expect(saidBy(run)).toEqual(['log.begin', 'turn.stop', 'lease.request']);
  });

  test.each([
    ['lease.revoked', 'worker_exited'],
    ['turn.refused', 'worker_busy'],
  ])('does so once: a second %s is told', (type, code) => {
    const run = afterwards(again(), { type: 'lease.granted' }, { ...busy, type });
    expect(endOf(run)).toEqual(failure(code));
  });

  test('is told any other refusal at once', () => {
    expect(endOf(opening({ type: 'turn.refused', failure: { code: 'bad_request' } }))).toEqual(failure('bad_request'));
  });
});

test.each(['turn.accepted', 'call.completed', 'upstream.retried', 'output.started', 'output.observed'])(
  'a turn of which %s was heard is never begun again',
  (type) => {
    const run = opening({ type }, { type: 'lease.revoked' });
    expect(saidBy(run)).not.toContain('lease.request');
    expect(run.snapshot.matches('closed')).toBe(true);
  },
);

test('what is said of another lease is no acceptance', () => {
  const run = opening({ type: 'turn.accepted', lease: second }, { type: 'lease.revoked' });
  expect(saidBy(run)).toContain('lease.request');
});

describe('while a turn moves to another worker', () => {
  const ends = [
    ['client.gone', { type: 'cancelled' }],
    ['total', failure('request_timeout')],
  ] as const;

  test.each(ends)('%s ends the response and stops the turn', (what, outcome) => {
    const run = retreating();
    take(streamMachine, run, { type: what === 'total' ? timer(run, 'total') : what });
    expect([endOf(run), run.snapshot.matches({ closing: 'stopping' })]).toEqual([outcome, true]);
    take(streamMachine, run, { type: 'turn.closed', lease: first });
    expect(saidBy(run).slice(-2)).toEqual(['lease.release', 'stream.close']);
  });

  test.each(ends)('%s ends the response and takes the request back', (what, outcome) => {
    const run = again();
    take(streamMachine, run, { type: what === 'total' ? timer(run, 'total') : what });
    expect([endOf(run), run.snapshot.matches({ closing: 'withdrawing' })]).toEqual([outcome, true]);
    expect(saidBy(afterwards(run, { type: 'turn.closed', lease: first }, { type: 'lease.granted' }))).toEqual([
      'lease.release',
      'stream.close',
    ]);
  });

  test('a drain ends it', () => {
    const run = retreating();
    take(streamMachine, run, { type: 'drain.expired' });
    expect(endOf(run)).toEqual(failure('server_shutting_down'));
  });

  test('words of the process that was given up change nothing', () => {
    const run = again();
    const before = JSON.stringify(run.snapshot.value);
    expect(
      saidBy(
        afterwards(run, ...['turn.closed', 'lease.revoked', 'drain.expired'].map((type) => ({ type, lease: first }))),
      ),
    ).toEqual([]);
    expect(JSON.stringify(run.snapshot.value)).toBe(before);
  });

  test('the time in the queue has its limit', () => {
    const run = again();
    take(streamMachine, run, { type: timer(run, 'queue') });
    expect(endOf(run)).toEqual(failure('worker_busy'));
  });
});
