/**
 * Responses of other nodes, fetched before a request is read, so that reading it never waits. Invariant: what is fetched is charged
 * like the bytes of a body, and given back.
 */

import type { Archive, Borrowed } from '../actors/archive.ts';
import type { Loan } from '../actors/elsewhere.ts';
import type { Kept } from '../actors/store.ts';
import type { JsonObject } from '../actors/turn.ts';
import { type BodyHold, bodyBytes } from './body-bytes.ts';
import { limits } from './limits.ts';
import { RequestError } from './request-error.ts';
import type { Soon } from './soon.ts';
import { namedResponses, tooMuch } from './requests/history.ts';
import { previousField } from './requests/previous.ts';
import { quotable } from './requests/well-formed.ts';

/** Of which single items are wanted: at a time. */
const atOnceMax = 16;
/** As they are kept, a response of many small deltas takes several times what it says. */
const othersBytesMax = 4 * limits.historyBytesMax;

const loanOf = (take: (bytes: number) => void): Loan => ({
  responsesMax: limits.historyResponsesMax,
  bytesMax: limits.historyBytesMax,
  take,
});

/** For as long as `borrow` takes. */
export async function borrowing<T>(borrow: (loan: Loan) => Promise<T>): Promise<T> {
  const hold = bodyBytes.hold();
  try {
    return await borrow(loanOf((bytes) => hold.take(bytes)));
  } finally {
    hold.release();
  }
}

const unreachable = (id: string, param: string): never => {
  const message = `The node that has response '${quotable(id)}' does not answer; try again.`;
  throw new RequestError('response_unreachable', message, param);
};

/** The archive, if all that this body of a request on `/v1/responses` names is here; else a promise of one that has the rest, too. */
export function reachable(archive: Archive, body: JsonObject, hold: BodyHold): Soon<Archive> {
  const { previous, others } = namedResponses(body);
  const before = previous !== null && archive.away(previous) ? previous : null;
  const away = [...others].filter((id) => archive.away(id));
  return before === null && away.length === 0 ? archive : fetched(archive, before, away, hold);
}

async function fetched(
  archive: Archive,
  before: string | null,
  others: readonly string[],
  hold: BodyHold,
): Promise<Archive> {
  if (others.length > limits.historyResponsesMax) tooMuch('input');
  const borrowed = new Map<string, Kept | 'running'>();
  const keep = async (id: string, alone: boolean, loan: Loan): Promise<void> => {
    const found = await archive.borrow(id, alone, loan);
    if (found === 'unreachable') unreachable(id, alone ? 'input' : previousField);
    else if (found !== null) borrowed.set(id, found);
  };
  if (before !== null)
    await keep(
      before,
      false,
      loanOf((bytes) => hold.take(bytes)),
    );
  let bytesLeft = othersBytesMax;
  const loan = loanOf((bytes) => {
    bytesLeft -= bytes;
    if (bytesLeft < 0) tooMuch('input');
    hold.take(bytes);
  });
  for (let from = 0; from < others.length; from += atOnceMax) {
    await Promise.all(others.slice(from, from + atOnceMax).map((id) => keep(id, true, loan)));
  }
  return archive.with(borrowed satisfies Borrowed);
}
