/**
 * The account that all worker processes share, and what each of them knows of it: a process reads the sign-in when it starts
 * and learns of no other. Also the desk that asks for a sign-in (`actors/login-desk.ts`) and the person who signs in.
 */

import type { ActorModel, ModelEvent, Move, Reaction } from '../actor.ts';

export const accountFaults = [
  /** The provider refuses what a process asks of it. */
  'reject',
  /** No device code is to be had. */
  'fail',
  /** The person does not succeed, with or without a stored sign-in. */
  'spoil',
  /** The account is revoked: whoever reads it from now on finds nobody signed in. */
  'revoke',
] as const;
export type AccountFault = (typeof accountFaults)[number];

interface AccountState {
  /** Somebody is signed in, as the shared file has it. */
  readonly stored: boolean;
  /** What each serving process believes; null: it does not serve. */
  readonly known: readonly (boolean | null)[];
  /** Processes whose account is still to be read. */
  readonly unread: readonly number[];
  /** Processes that were asked for a device code, and those whose code is out. */
  readonly asked: readonly number[];
  readonly offered: readonly number[];
  readonly wanted: number;
}

const wantedMax = 2;

export const accountActor = (
  slots: readonly number[],
  stored: boolean,
  faults: ReadonlySet<AccountFault>,
): ActorModel<AccountState> => {
  const step = (next: AccountState, ...commands: readonly ModelEvent[]): Reaction<AccountState> => ({ next, commands });
  const known = (state: AccountState, slot: number, what: boolean | null): AccountState['known'] =>
    state.known.with(slot, what);
  const unread = (state: AccountState, slot: number): readonly number[] =>
    [...new Set([...state.unread, slot])].sort((a, b) => a - b);

  const completes = (state: AccountState, success: boolean, stored: boolean): Reaction<AccountState> => {
    const [slot = 0, ...offered] = state.offered;
    const next = { ...state, offered, stored: state.stored || stored };
    return step(
      { ...next, known: stored ? known(state, slot, true) : state.known },
      { type: 'login.completed', slot, success },
      // Only a success is followed by word of the account.
      ...(success ? [{ type: 'account.observed', slot, signedIn: true }] : []),
    );
  };

  return {
    name: 'account',
    start: () => step({ stored, known: slots.map(() => null), unread: [], asked: [], offered: [], wanted: 0 }),
    react(state, event) {
      const slot = event['slot'] as number;
      switch (event.type) {
        case 'handshake.completed':
          return step({ ...state, known: known(state, slot, state.stored), unread: unread(state, slot) });
        case 'process.lost':
          return step({
            ...state,
            known: known(state, slot, null),
            unread: state.unread.filter((one) => one !== slot),
            asked: state.asked.filter((one) => one !== slot),
            offered: state.offered.filter((one) => one !== slot),
          });
        case 'account.read':
          return step(state.known[slot] === null ? state : { ...state, unread: unread(state, slot) });
        case 'login.start': {
          const asked = state.known.findIndex((what) => what !== null);
          // As the desk has it: nobody to ask, so the attempt is over before it began.
          if (asked < 0) return step(state, { type: 'login.failed', slot: 0 });
          return step({ ...state, asked: [...state.asked, asked] });
        }
        case 'reads': {
          const rest = state.unread.filter((one) => one !== slot);
          return step({ ...state, unread: rest }, { type: 'account.observed', slot, signedIn: state.known[slot] });
        }
        case 'wants':
          return step({ ...state, wanted: state.wanted + 1 }, { type: 'login.wanted' });
        case 'offers': {
          const [first = 0, ...asked] = state.asked;
          const offer = { loginId: 'L', url: 'U', code: 'C' };
          return step(
            { ...state, asked, offered: [...state.offered, first] },
            { type: 'login.offered', slot: first, offer },
          );
        }
        case 'fails':
          return step({ ...state, asked: state.asked.slice(1) }, { type: 'login.failed', slot: state.asked[0] });
        case 'signs in':
          return completes(state, true, true);
        case 'spoils':
          return completes(state, false, event['stored'] === true);
        case 'rejects':
          return step(state, { type: 'account.rejected', slot });
        case 'revokes':
          return step({ ...state, stored: false, known: state.known.map((what) => what && false) });
        default:
          throw new Error(`account: ${event.type}`);
      }
    },
    moves(state) {
      const moves: Move[] = state.unread.map((slot) => ({ kind: 'fair', event: { type: 'reads', slot } }));
      const fault = (name: AccountFault, event: ModelEvent): void => {
        if (faults.has(name)) moves.push({ kind: 'fault', event });
      };
      if (state.wanted < wantedMax) moves.push({ kind: 'choice', event: { type: 'wants' } });
      if (state.asked.length > 0) {
        moves.push({ kind: 'fair', event: { type: 'offers' } });
        fault('fail', { type: 'fails' });
      }
      if (state.offered.length > 0) {
        moves.push({ kind: 'choice', event: { type: 'signs in' } });
        fault('spoil', { type: 'spoils', stored: true });
        fault('spoil', { type: 'spoils', stored: false });
      }
      for (const slot of slots) if (state.known[slot] !== null) fault('reject', { type: 'rejects', slot });
      if (state.stored) fault('revoke', { type: 'revokes' });
      return moves;
    },
  };
};

/** A process that does not know of the sign-in that is there is to be replaced. */
export const someoneIsOutOfDate = ({ stored, known }: AccountState): boolean => stored && known.includes(false);
