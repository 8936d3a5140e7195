/**
 * What the login machine owes: one question to the person at a time, the word of the worker that counts, and a replacement
 * for every worker that missed a sign-in.
 */

import type { ModelEvent, Observed } from '../../actor.ts';
import { contract, ranOut, type Rule } from './contract.ts';

interface Known {
  readonly account: 'unknown' | 'signedIn' | 'expired' | 'signedOut';
  /** How far a sign-in has come. */
  readonly attempt: 'none' | 'asked' | 'offered';
  /** The worker whose word counts. */
  readonly holder: number | null;
}

interface Due {
  readonly known: Known;
  /** As in `account.read 0`. */
  readonly says: readonly string[];
}

const over = (known: Known, change: Partial<Known> = {}): Known => ({
  ...known,
  account: 'signedOut',
  attempt: 'none',
  ...change,
});

const observed = (known: Known, slot: number, signedIn: boolean): Due => {
  const { account, attempt, holder } = known;
  if (signedIn) {
    // Whoever started while nobody was signed in does not know.
    const news = account === 'signedOut' ? [`credentials.replace ${slot}`] : [];
    return { known: { account: 'signedIn', attempt: 'none', holder: slot }, says: news };
  }
  // While an attempt is open, that nobody is signed in is old news.
  const counts = attempt === 'none' && (holder === null || holder === slot);
  return { known: counts ? over(known, { holder: slot }) : known, says: [] };
};

const completed = (known: Known, slot: number, success: boolean): Due => {
  const { account, attempt, holder } = known;
  if (account !== 'signedOut') return { known, says: [] };
  const read = `account.read ${slot}`;
  if (attempt !== 'offered' || slot !== holder) return { known, says: [read] };
  if (!success) return { known: over(known), says: [read] };
  return { known: { account: 'signedIn', attempt: 'none', holder }, says: [`credentials.replace ${slot}`, read] };
};

const due = (known: Known, seen: Observed): Due => {
  const { event } = seen;
  const { account, attempt, holder } = known;
  const slot = event['slot'] as number;
  if (ranOut(seen) !== null) return { known: over(known), says: [] };
  switch (event.type) {
    case 'account.observed':
      return observed(known, slot, event['signedIn'] === true);
    case 'account.rejected':
      if (account !== 'signedIn') return { known, says: [] };
      return slot === holder
        ? { known: { ...known, account: 'expired' }, says: [`account.read ${slot}`] }
        : { known, says: [`credentials.drop ${slot}`] };
    case 'login.wanted':
      return account === 'signedOut' && attempt === 'none'
        ? { known: { ...known, attempt: 'asked' }, says: ['login.start'] }
        : { known, says: [] };
    case 'login.offered':
      return { known: attempt === 'asked' ? { ...known, attempt: 'offered', holder: slot } : known, says: [] };
    case 'login.failed':
      return { known: attempt === 'asked' ? over(known) : known, says: [] };
    case 'login.completed':
      return completed(known, slot, event['success'] === true);
    default: {
      if (event.type !== 'worker.left' || slot !== holder) return { known, says: [] };
      return { known: { ...known, attempt: 'none', holder: null }, says: [] };
    }
  }
};

const show = ({ type, ...told }: ModelEvent): string => [type, ...Object.values(told)].join(' ');

const answersAtOnce: Rule<Known> = (known, seen) => {
  const wanted = due(known, seen).says.join(', ');
  const said = seen.commands.map(show).join(', ');
  return said === wanted ? null : `it says ${said || 'nothing'} instead of ${wanted || 'nothing'}`;
};

/** A question to the worker, then one to the person, each with a deadline of its own. */
const deadlines: Rule<Known> = (known, seen) => {
  const { attempt } = due(known, seen).known;
  const wanted = attempt === known.attempt ? '' : { none: '', asked: 'offer', offered: 'pending' }[attempt];
  const set = seen.delays.map(({ id }) => id.split('.')[2]).join();
  return set === wanted ? null : `it sets ${set || 'no deadline'} instead of ${wanted || 'none'}`;
};

export const loginContract = contract<Known>(
  'what the login owes',
  { account: 'unknown', attempt: 'none', holder: null },
  ({ actor, event }) => actor === 'login' && event.type !== 'start',
  [answersAtOnce, deadlines],
  (known, seen) => due(known, seen).known,
);
