/**
 * A request that becomes a response: admission, sign-in, places, then a reader that follows the log. The first check
 * that fails answers; all of them come before the first byte. The caller has checked the key.
 */

import type { ResponseHandle, ResponseRequest } from '../actors/service.ts';
import type { Account } from './accounting.ts';
import type { Admission } from './admission.ts';
import { Answering, type Desk } from './answering.ts';
import type { Endpoint } from './endpoint.ts';
import { describe } from './catalogue.ts';
import { Choices } from './choices.ts';
import { describedAnswer, thrownAnswer } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { answerHeaders, type Header } from './headers.ts';
import type { Caller, Generator } from './generator.ts';
import { enterStream } from './host/gates.ts';
import { admit } from './intake.ts';
import { reasonOf } from './reason.ts';
import { RequestError } from './request-error.ts';
import { LiveReader } from './live-reader.ts';
import { localResponse } from './local-answer.ts';
import { noteRequest } from './request-notes.ts';
import { WholeReader } from './whole-reader.ts';
import { withSignIn } from './sign-in.ts';

export function follow(
  exchange: Exchange,
  endpoint: Endpoint,
  desk: Desk,
  admission: Admission,
  choices: Choices,
  account: Account,
  more: readonly Header[] = [],
): void {
  const answering = new Answering(exchange, endpoint, desk, admission, choices, account, more);
  const { describe } = answering;
  account.answering(choices, describe);
  if (!admission.request.streaming) {
    new WholeReader(answering).start();
    return;
  }
  const { logs, head } = choices;
  const projections = logs.map((_, choice) => endpoint.stream(admission, choice, head, account, describe));
  new LiveReader(answering, projections).start();
}

const unclaimed = 'Not every node of this host could be asked whether that id is free; try again, or leave it out.';

/** Never rejects. */
export async function generate(
  exchange: Exchange,
  endpoint: Endpoint,
  front: Generator,
  caller: Caller,
): Promise<void> {
  const { owner, account } = caller;
  const { service, journal, diagnostics, clock, ids, host } = front;
  const open = (request: ResponseRequest, choice: number): ResponseHandle =>
    service.open(request, (response) =>
      diagnostics.publish('response.opened', { request: exchange.id, response, choice }),
    );
  try {
    const admission = await admit(exchange, endpoint, front, caller);
    if (admission === null || exchange.over) return;
    noteRequest(journal, exchange, endpoint.name, admission);
    account.admitted(admission);
    const { answeredHere, request } = admission;
    if (answeredHere !== null) {
      const answer = answeredHere instanceof Promise ? await answeredHere : answeredHere;
      if (exchange.over) return;
      const choices = new Choices(localResponse(request, answer, { clock, ids }));
      follow(exchange, endpoint, front, admission, choices, account);
      return;
    }
    const state = await service.signIn();
    if (exchange.over) return;
    if (state.state === 'signedOut') {
      const described = withSignIn(describe({ code: 'signed_out' }), state, exchange.head, front.settings.login);
      exchange.answer(describedAnswer(described, answerHeaders(admission.ignoredParams)));
      return;
    }
    const { wantedId, ...nameless } = request;
    const free = wantedId === undefined || (await service.claimElsewhere(wantedId));
    if (exchange.over) return;
    if (free === 'unreachable') throw new RequestError('response_unreachable', unclaimed, 'id');
    const asked = free ? request : nameless;
    const entering = request.streaming ? host.enter() : null;
    const entry = entering instanceof Promise ? await entering : entering;
    const more = entry === null ? [] : enterStream(exchange, front, entry);
    // The client may have left while the host was asked.
    if (more === null || exchange.over) return;
    const first = open({ ...asked, owner }, 0);
    const others: ResponseHandle[] = [];
    try {
      while (others.length < admission.choices - 1) {
        const choice = others.length + 1;
        others.push(open({ ...asked, turn: { ...asked.turn, choice }, owner }, choice));
      }
      follow(exchange, endpoint, front, admission, new Choices(first, others), account, more);
    } catch (error) {
      // Without a reader that leaves, nothing would end their turns.
      new Choices(first, others).read(() => {})();
      throw error;
    }
  } catch (error) {
    const answer = thrownAnswer(error);
    if (answer.status >= 500) journal.warn('request_failed', { req_id: exchange.id, reason: reasonOf(error) });
    exchange.answer(answer);
  }
}
