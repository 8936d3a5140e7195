/** What the exchanges of a server share. */

import type { Clock, Ids, Journal } from '../actors/seams.ts';
import { drawn } from './drawn.ts';
import { thrownAnswer } from './errors.ts';
import type { ExchangeHouse } from './exchange-facts.ts';
import { limits } from './limits.ts';
import type { Listener } from './listener.ts';
import { reasonOf } from './reason.ts';

interface Around {
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'jitter'>;
  readonly journal: Journal;
  readonly listener: Pick<Listener, 'closing' | 'release'>;
}

export const exchangeHouse = ({ clock, ids, journal, listener }: Around): ExchangeHouse => ({
  now: () => clock.now(),
  closing: () => listener.closing,
  over: () => listener.release(),
  leftSending: ({ id }) => journal.info('client_gone', { req_id: id }),
  tooSlow: ({ id }) => journal.info('client_too_slow', { req_id: id }),
  isAsked: drawn(limits.answersUnasked, ids),
  isLast: drawn(limits.answersBodiless, ids),
  failed: (error, exchange) => {
    journal.warn('request_failed', { req_id: exchange.id, reason: reasonOf(error) });
    if (exchange.committed) exchange.abort();
    else exchange.answer(thrownAnswer(error));
  },
});
