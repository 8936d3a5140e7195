/**
 * The login machine knows whose account the workers use. A worker that reads the account reports it; when nobody is signed
 * in, a request that wants to be served starts one device-code login, whose offer stays open for a limited time.
 *
 * Invariant: at most one login is open at a time.
 */

import { assign, emit, setup } from 'xstate';
import type { Slot } from './ids.ts';
import type { LoginCommand, LoginEvent, Offer } from './protocol.ts';
import { ignored, only } from './vocabulary.ts';

/** Deadlines in milliseconds. */
export interface LoginLimits {
  /** For a device code to be had. */
  readonly offerMs: number;
  /** For the person to use it. */
  readonly pendingMs: number;
}

export interface LoginContext {
  readonly limits: LoginLimits;
  /** The worker whose word on the account counts. */
  readonly slot: Slot | null;
  readonly offer: Offer | null;
}

const observed = [
  { guard: 'signedIn', target: '#login.signedIn', actions: 'keepSlot' },
  { guard: 'trusted', target: '#login.signedOut', actions: 'keepSlot' },
  {},
] as const;
/** The account appeared while we thought that nobody was signed in: what the other workers have is stale. */
const appeared = [
  { guard: 'signedIn', target: '#login.signedIn', actions: ['keepSlot', 'replace'] },
  { guard: 'trusted', target: '#login.signedOut', actions: 'keepSlot' },
  {},
] as const;
/** Nobody's word counts yet. */
const first = [observed[0], { target: '#login.signedOut', actions: 'keepSlot' }] as const;
const rivals = ignored(
  'login.wanted',
  'account.rejected',
  'login.offered',
  'login.failed',
  'login.completed',
  'worker.left',
);

export const loginMachine = setup({
  types: {} as {
    context: LoginContext;
    events: LoginEvent;
    input: { limits: LoginLimits };
    emitted: LoginCommand;
  },
  delays: {
    offer: ({ context }) => context.limits.offerMs,
    pending: ({ context }) => context.limits.pendingMs,
  },
  guards: {
    signedIn: ({ event }) => event.type === 'account.observed' && event.signedIn,
    /** Signed out counts only from the worker that spoke last, or when nobody has: siblings may be stale. */
    trusted: ({ context, event }) => 'slot' in event && (context.slot === null || event.slot === context.slot),
    holder: ({ context, event }) => 'slot' in event && event.slot === context.slot,
    succeeded: ({ context, event }) => event.type === 'login.completed' && event.success && event.slot === context.slot,
  },
  actions: {
    keepSlot: assign({ slot: ({ context, event }) => ('slot' in event ? event.slot : context.slot) }),
    dropSlot: assign({ slot: null }),
    keepOffer: assign({ offer: ({ event }) => (event.type === 'login.offered' ? event.offer : null) }),
    dropOffer: assign({ offer: null }),
    start: emit({ type: 'login.start' }),
    /** A sign-in that nobody waits for any more: the account itself decides. */
    readThere: emit(({ event }) => ({ type: 'account.read', slot: 'slot' in event ? event.slot : (0 as Slot) })),
    read: emit(({ context }) => ({ type: 'account.read', slot: context.slot ?? (0 as Slot) })),
    drop: emit(({ event }) => ({ type: 'credentials.drop', slot: 'slot' in event ? event.slot : (0 as Slot) })),
    replace: emit(({ context }) => ({ type: 'credentials.replace', slot: context.slot ?? (0 as Slot) })),
    report: emit(({ event }) => ({ type: 'bug.report', event: event.type })),
  },
}).createMachine({
  id: 'login',
  context: ({ input }) => ({ ...input, slot: null, offer: null }),
  on: { '*': { actions: 'report' } },
  initial: 'unknown',
  states: {
    unknown: {
      on: { ...ignored('login.wanted', 'account.rejected', 'worker.left'), 'account.observed': first },
    },
    signedIn: {
      on: {
        ...rivals,
        'account.observed': observed,
        // Where the worker whose word counts was not refused itself, the other one may only be out of date.
        'account.rejected': [{ guard: 'holder', target: 'expired' }, { actions: 'drop' }],
        'worker.left': only('holder', { actions: 'dropSlot' }),
      },
    },
    /** The provider refused the account; the worker is asked what it has. */
    expired: {
      entry: 'read',
      on: { ...rivals, 'account.observed': observed, 'worker.left': only('holder', { actions: 'dropSlot' }) },
    },
    signedOut: {
      on: {
        ...rivals,
        'account.observed': appeared,
        'login.wanted': 'offering',
        'login.completed': { actions: 'readThere' },
        'worker.left': only('holder', { actions: 'dropSlot' }),
      },
    },
    offering: {
      entry: 'start',
      after: { offer: 'signedOut' },
      on: {
        ...rivals,
        // Signed out is old news here: read before the offer was asked for, it would end this attempt and let the next request start another.
        'account.observed': only('signedIn', { target: 'signedIn', actions: ['keepSlot', 'replace'] }),
        'login.offered': { target: 'pending', actions: ['keepSlot', 'keepOffer'] },
        'login.failed': 'signedOut',
        'login.completed': { actions: 'readThere' },
        'worker.left': only('holder', { target: 'signedOut', actions: 'dropSlot' }),
      },
    },
    pending: {
      after: { pending: 'signedOut' },
      exit: 'dropOffer',
      on: {
        ...rivals,
        'account.observed': only('signedIn', { target: 'signedIn', actions: ['keepSlot', 'replace'] }),
        'login.completed': [
          { guard: 'succeeded', target: 'signedIn', actions: ['replace', 'read'] },
          // The tokens may have been stored all the same: the account itself decides.
          { guard: 'holder', target: 'signedOut', actions: 'read' },
          { actions: 'readThere' },
        ],
        'worker.left': only('holder', { target: 'signedOut', actions: 'dropSlot' }),
      },
    },
  },
});
