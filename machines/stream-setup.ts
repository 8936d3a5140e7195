/** What the stream machine is made of: its context, its deadlines, its guards and its actions. The chart is in `stream.ts`. */

import { assign, emit, setup } from 'xstate';
import { type Lease, type ResponseId, sameLease } from './ids.ts';
import { failed, type Outcome } from './outcome.ts';
import type { StreamCommand, StreamEvent } from './protocol.ts';

/** Deadlines in milliseconds. */
export interface StreamLimits {
  /** In the queue. */
  readonly queueMs: number;
  /** From the lease until the head of the answer is committed though there is no output yet. */
  readonly headMs: number;
  /** From the lease to the first output. */
  readonly firstEventMs: number;
  /** Between two outputs. */
  readonly idleMs: number;
  /** From the end of the sampling to the end of the turn. */
  readonly graceMs: number;
  /** From acceptance to the outcome. */
  readonly totalMs: number;
  /**
   * Until the worker has let go of an interrupted turn, and of one that ended by itself. Then the slot is free all the same;
   * that a turn is stuck in the worker is for its channel to find out, which calls that wear.
   */
  readonly interruptMs: number;
  readonly closeMs: number;
}

export interface StreamContext {
  readonly response: ResponseId;
  readonly limits: StreamLimits;
  readonly lease: Lease | null;
  /** Where the turn came to nothing the first time. */
  readonly avoid: Lease | null;
  /** Whether another worker may be tried: this is the first one, and it has not accepted the turn. */
  readonly retriable: boolean;
  /** Calls that the model has completed; a sampling with calls ends the response. */
  readonly calls: number;
  /** Whether the client may have seen something: a repeated sampling would repeat it. */
  readonly delivered: boolean;
  /** Whether the turn was still running when the response ended. */
  readonly interrupt: boolean;
}

const outcomeOf = (event: StreamEvent): Outcome => {
  if (event.type === 'turn.ended') return event.outcome;
  if (event.type === 'turn.refused') return { type: 'failed', failure: event.failure };
  return failed(event.type === 'lease.refused' ? event.code : 'internal_error');
};

/** Only called in states that are reached with a lease. */
const leaseOf = (context: StreamContext): Lease => {
  if (context.lease === null) throw new Error('stream: no lease');
  return context.lease;
};

export const streamSetup = setup({
  types: {} as {
    context: StreamContext;
    events: StreamEvent;
    input: { response: ResponseId; limits: StreamLimits };
    emitted: StreamCommand;
  },
  delays: {
    queue: ({ context }) => context.limits.queueMs,
    head: ({ context }) => context.limits.headMs,
    firstEvent: ({ context }) => context.limits.firstEventMs,
    idle: ({ context }) => context.limits.idleMs,
    grace: ({ context }) => context.limits.graceMs,
    total: ({ context }) => context.limits.totalMs,
    letGo: ({ context }) => (context.interrupt ? context.limits.interruptMs : context.limits.closeMs),
  },
  guards: {
    leased: ({ context }) => context.lease !== null,
    current: ({ context, event }) => 'lease' in event && sameLease(context.lease, event.lease),
    retriable: ({ context, event }) => context.retriable && 'lease' in event && sameLease(context.lease, event.lease),
    /** The worker refuses for want of room, which another one may have. */
    busy: ({ context, event }) =>
      context.retriable &&
      event.type === 'turn.refused' &&
      event.failure.code === 'worker_busy' &&
      sameLease(context.lease, event.lease),
    delivered: ({ context, event }) => context.delivered && 'lease' in event && sameLease(context.lease, event.lease),
    called: ({ context, event }) => context.calls > 0 && 'lease' in event && sameLease(context.lease, event.lease),
  },
  actions: {
    request: emit(({ context }) => ({ type: 'lease.request', response: context.response, avoid: context.avoid })),
    cancel: emit(({ context }) => ({ type: 'lease.cancel', response: context.response })),
    keepLease: assign({
      lease: ({ context, event }) => (event.type === 'lease.granted' ? event.lease : context.lease),
    }),
    dropLease: assign({ lease: null, avoid: ({ context }) => context.lease }),
    settle: assign({ retriable: false }),
    start: emit(({ context }) => ({ type: 'turn.start', response: context.response, lease: leaseOf(context) })),
    begin: emit(({ context }) => ({ type: 'log.begin', response: context.response })),
    countCall: assign({ calls: ({ context }) => context.calls + 1 }),
    markDelivered: assign({ delivered: true }),
    markInterrupt: assign({ interrupt: true }),
    end: emit(({ context }, params: { outcome: Outcome }) => ({
      type: 'log.end',
      response: context.response,
      outcome: params.outcome,
    })),
    endAsTold: emit(({ context, event }) => ({
      type: 'log.end',
      response: context.response,
      outcome: outcomeOf(event),
    })),
    stop: emit(({ context }) => ({ type: 'turn.stop', response: context.response, lease: leaseOf(context) })),
    release: emit(({ context, event }) => ({
      type: 'lease.release',
      response: context.response,
      lease: event.type === 'lease.granted' ? event.lease : leaseOf(context),
    })),
    close: emit(({ context }) => ({ type: 'stream.close', response: context.response })),
    report: emit(({ event }) => ({ type: 'bug.report', event: event.type })),
  },
});
