/**
 * What holds for every machine: each state handles or explicitly ignores every event of its vocabulary that can reach it,
 * whatever came before. The machines are driven by the pure transition function, with their timers fired at any time.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeLimits, streamLimits } from '../testkit/house.ts';
import { begin, type Run, take, timers } from '../testkit/machine-run.ts';
import type { Epoch, ResponseId, Slot } from './ids.ts';
import { loginMachine } from './login.ts';
import type { Command, LoginEvent, StreamEvent, WorkerEvent } from './protocol.ts';
import { streamMachine } from './stream.ts';
import { workerMachine } from './worker.ts';

const slot = 0 as Slot;
const response = 'resp_x' as ResponseId;
const lease = { slot, epoch: 1 as Epoch };
/** Of the second attempt, and nobody's. */
const other = { slot, epoch: 2 as Epoch };
const third = { slot, epoch: 3 as Epoch };

/** What can reach a stream that has a lease; stale leases among them. */
const turnEvents: readonly StreamEvent[] = [lease, other, third].flatMap((one) => [
  { type: 'turn.accepted', lease: one },
  { type: 'turn.refused', lease: one, failure: { code: 'bad_request' } },
  { type: 'turn.refused', lease: one, failure: { code: 'worker_busy' } },
  { type: 'output.started', lease: one },
  { type: 'output.observed', lease: one },
  { type: 'call.completed', lease: one },
  { type: 'sampling.completed', lease: one },
  { type: 'upstream.retried', lease: one },
  { type: 'turn.ended', lease: one, outcome: { type: 'completed' } },
  { type: 'lease.revoked', lease: one },
]);
const afterOutput: readonly StreamEvent[] = [
  { type: 'output.broken', lease },
  { type: 'output.overflowed', lease },
];

/** What can reach one that waits for its second lease; anything else says that it has it. */
const afterRetry: readonly string[] = ['lease.revoked', 'turn.closed'];

describe('the stream machine', () => {
  const script = fc.array(
    fc.oneof(
      fc.constantFrom(...turnEvents, ...afterOutput),
      fc.constantFrom('timer' as const, 'gone' as const, 'cut' as const, 'closed' as const),
    ),
    { maxLength: 30 },
  );

  const play = (
    events: readonly (StreamEvent | 'timer' | 'gone' | 'cut' | 'closed')[],
    choose: (from: readonly string[]) => string | undefined,
  ): Run => {
    const run = begin(streamMachine, { response, limits: streamLimits });
    take(streamMachine, run, { type: 'stream.opened' });
    take(streamMachine, run, { type: 'lease.granted', lease });
    let started = false;
    for (const event of events) {
      if (event === 'timer') {
        const timer = choose(timers(run));
        if (timer !== undefined) take(streamMachine, run, { type: timer });
      } else if (event === 'gone') take(streamMachine, run, { type: 'client.gone' });
      else if (event === 'cut') take(streamMachine, run, { type: 'drain.expired' });
      else if (event === 'closed') {
        // Only a turn that was stopped is closed; of one that was given up nothing is heard when another one has begun.
        const stopped = [{ live: 'queued' }, { live: 'retreating' }, 'closing', 'closed'] as const;
        if (stopped.some((state) => run.snapshot.matches(state)))
          take(streamMachine, run, { type: 'turn.closed', lease });
      } else if (started || !afterOutput.includes(event)) {
        // Of a turn that was refused nothing more is heard.
        if (run.snapshot.matches({ live: 'retreating' }) && !afterRetry.includes(event.type)) continue;
        if (run.snapshot.matches({ live: 'queued' }) && !afterRetry.includes(event.type))
          take(streamMachine, run, { type: 'lease.granted', lease: other });
        take(streamMachine, run, event);
      }
      // What comes of a lease that was lost is not heard: it cannot break either.
      const isHeard = typeof event === 'object' && 'lease' in event && run.snapshot.context.lease === event.lease;
      started ||= isHeard && event.type === 'output.started' && event.lease === lease;
    }
    return run;
  };

  test('ends once, releases its lease, and is never surprised', () => {
    fc.assert(
      fc.property(script, fc.nat(), (events, seed) => {
        const run = play(events, (from) => from[seed % Math.max(1, from.length)]);
        const count = (type: Command['type']): number => run.commands.filter((command) => command.type === type).length;
        expect(count('bug.report')).toBe(0);
        expect(count('log.end')).toBeLessThanOrEqual(1);
        // Each turn may begin the log, and what follows one of its samplings: the second one of a response that has begun finds it begun.
        const samplings = events.filter(
          (event) => typeof event === 'object' && event.type === 'sampling.completed',
        ).length;
        expect(count('log.begin')).toBeLessThanOrEqual(count('turn.start') + samplings + count('log.end'));
        const ended = count('log.end') === 1;
        expect(run.snapshot.matches('closing') || run.snapshot.matches('closed')).toBe(ended);
        // Nothing is asked of the worker after the response has let go of it.
        if (run.snapshot.matches('closed')) expect(count('lease.release')).toBeLessThanOrEqual(2);
        expect(count('turn.start')).toBeLessThanOrEqual(2);
        // Whatever happened, the remaining timers alone bring it to rest.
        for (let round = 0; round < 6; round += 1) {
          const [timer] = timers(run);
          if (timer !== undefined) take(streamMachine, run, { type: timer });
        }
        expect(run.snapshot.matches('closed')).toBe(true);
        expect(run.commands.filter((command) => command.type === 'log.end')).toHaveLength(1);
      }),
    );
  });

  test('a grant that crosses a withdrawal is given back', () => {
    const run = begin(streamMachine, { response, limits: streamLimits });
    take(streamMachine, run, { type: 'stream.opened' });
    take(streamMachine, run, { type: 'client.gone' });
    take(streamMachine, run, { type: 'lease.granted', lease });
    expect(run.commands.map((command) => command.type)).toEqual([
      'lease.request',
      'log.end',
      'lease.cancel',
      'lease.release',
      'stream.close',
    ]);
  });

  test('what it neither handles nor ignores is reported', () => {
    const run = begin(streamMachine, { response, limits: streamLimits });
    take(streamMachine, run, { type: 'turn.closed', lease });
    expect(run.commands).toEqual([{ type: 'bug.report', event: 'turn.closed' }]);
  });
});

describe('the worker machine', () => {
  const events: readonly WorkerEvent[] = [1, 2].flatMap((number) => {
    const epoch = number as Epoch;
    return [
      { type: 'process.spawned', epoch },
      { type: 'process.exited', epoch, jitter: 0 },
      { type: 'handshake.completed', epoch },
      { type: 'handshake.failed', epoch },
      { type: 'pulse.lost', epoch },
      { type: 'wear.observed', epoch },
      { type: 'stop.requested', epoch },
    ] satisfies WorkerEvent[];
  });

  test('one process at a time, one fall for each start, never surprised', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...events), fc.constant('timer' as const))),
        fc.nat(),
        (script, seed) => {
          const run = begin(workerMachine, { slot, limits: nodeLimits.worker });
          let epoch = 0;
          for (const event of script) {
            // The supervisor starts a process only when there is none.
            if (run.snapshot.matches('down')) {
              epoch += 1;
              take(workerMachine, run, { type: 'start.requested', epoch });
            }
            const due = timers(run);
            if (event !== 'timer') take(workerMachine, run, { ...event, epoch: event.epoch === 1 ? epoch : epoch - 1 });
            else if (due.length > 0) take(workerMachine, run, { type: due[seed % due.length] ?? '' });
          }
          const count = (type: Command['type']): number =>
            run.commands.filter((command) => command.type === type).length;
          expect(count('bug.report')).toBe(0);
          expect(count('process.spawn') - count('worker.fall')).toBe(run.snapshot.matches('down') ? 0 : 1);
          expect(count('worker.rise')).toBeLessThanOrEqual(count('process.spawn'));
        },
      ),
    );
  });
});

describe('the login machine', () => {
  const offer = { loginId: 'L', url: 'u', code: 'c' };
  const events: readonly LoginEvent[] = [0, 1].flatMap((number) => {
    const where = number as Slot;
    return [
      { type: 'account.observed', slot: where, signedIn: true },
      { type: 'account.observed', slot: where, signedIn: false },
      { type: 'login.offered', slot: where, offer },
      { type: 'login.failed', slot: where },
      { type: 'login.completed', slot: where, success: true },
      { type: 'login.completed', slot: where, success: false },
      { type: 'worker.left', slot: where },
    ] satisfies LoginEvent[];
  });
  const answers = new Set(['login.offered', 'login.failed', 'login.completed']);
  const asked: readonly LoginEvent[] = [
    { type: 'login.wanted' },
    { type: 'account.rejected', slot: 0 as Slot },
    { type: 'account.rejected', slot: 1 as Slot },
  ];

  const after = (...script: readonly LoginEvent[]) => {
    const run = begin(loginMachine, { limits: nodeLimits.login });
    for (const event of script) take(loginMachine, run, event);
    return run;
  };
  const slots = [0, 1].map((slot) => slot as Slot) as [Slot, Slot];
  const nobody = (slot: Slot): LoginEvent => ({ type: 'account.observed', slot, signedIn: false });

  test('goes on with an attempt when a word from before it comes late', () => {
    for (const slot of slots) {
      const run = after(nobody(slots[0]), { type: 'login.wanted' }, nobody(slot), { type: 'login.wanted' });
      expect(run.snapshot.matches('offering')).toBe(true);
      expect(run.commands.filter(({ type }) => type === 'login.start')).toHaveLength(1);
    }
  });

  test('gives an attempt up when the worker whose word counts is gone, whoever else has gone before', () => {
    const [holder, other] = slots;
    const run = after(
      nobody(holder),
      { type: 'worker.left', slot: other },
      { type: 'login.wanted' },
      { type: 'worker.left', slot: holder },
    );
    expect(run.snapshot.matches('signedOut')).toBe(true);
  });

  test('has an offer exactly while one is pending, and is never surprised', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...events, ...asked), fc.constant('timer' as const))), (script) => {
        const run = begin(loginMachine, { limits: nodeLimits.login });
        for (const event of script) {
          const [timer] = timers(run);
          // A login is started only when it is known that nobody is signed in.
          const early = run.snapshot.matches('unknown') && typeof event === 'object' && answers.has(event.type);
          if (event !== 'timer') take(loginMachine, run, early ? { type: 'login.wanted' } : event);
          else if (timer !== undefined) take(loginMachine, run, { type: timer });
          const context = run.snapshot.context as { offer: unknown };
          expect(context.offer !== null).toBe(run.snapshot.matches('pending'));
        }
        expect(run.commands.some((command) => command.type === 'bug.report')).toBe(false);
      }),
    );
  });
});
