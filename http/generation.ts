/**
 * A request that becomes a response: admission, sign-in, places, then a reader that follows the log. The first check
 * that fails answers; all of them come before the first byte. The caller has checked the key.
 */

import type { ResponseHandle, ResponseRequest } from '../actors/service.ts';
import type { Failure } from '../machines/outcome.ts';
import type { Account, Timing } from './accounting.ts';
import type { Admission } from './admission.ts';
import type { Endpoint } from './endpoint.ts';
import { describe } from './catalogue.ts';
import { Choices } from './choices.ts';
import { describedAnswer, thrownAnswer } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { Front } from './front.ts';
import { answerHeaders, type Header } from './headers.ts';
import type { Caller, Generator } from './generator.ts';
import { enterStream } from './host/gates.ts';
import { admit } from './intake.ts';
import { reasonOf } from './reason.ts';
import { RequestError } from './request-error.ts';
import { keepaliveWanted } from './keepalive.ts';
import { limitHeaders } from './limit-headers.ts';
import { LiveReader } from './live-reader.ts';
import { localResponse } from './local-answer.ts';
import { outputHeaders } from './output-headers.ts';
import { noteRequest } from './request-notes.ts';
import { WholeReader } from './whole-reader.ts';
import type { Projection } from './projection.ts';
import { withSignIn } from './sign-in.ts';
import { Wording } from './wording.ts';

/** Answers a response that failed before its first byte. */
function fail(exchange: Exchange, wording: Wording, failure: Failure, headers: readonly Header[]): void {
  const tell = (): void => exchange.answer(describedAnswer(wording.describe(failure), headers));
  if (wording.ready(failure, () => exchange.guard(tell))) tell();
}

/** A function of its own: a closure within `follow` would keep the admission with all the others. */
const projectionsOf = (
  endpoint: Endpoint,
  admission: Admission,
  { logs, head }: Choices,
  timing: Timing,
  { describe }: Wording,
): readonly Projection[] => logs.map((_, choice) => endpoint.stream(admission, choice, head, timing, describe));

export function follow(
  exchange: Exchange,
  endpoint: Endpoint,
  front: Front & Partial<Pick<Generator, 'readers' | 'pace'>>,
  admission: Admission,
  choices: Choices,
  account: Account,
  more: readonly Header[] = [],
): void {
  const { service, clock, calendar, journal, settings } = front;
  // Not the admission itself: these closures live as long as the answer, and it has the whole input.
  const { request, legacyCalls, ignoredParams, titleModel } = admission;
  const { streaming, model: named, turn } = request;
  const { mode, stopMode } = request.terms.output;
  const target = turn.model === named ? null : turn.model;
  const isTitle = titleModel !== null;
  const wording = new Wording({ service, head: exchange.head, login: settings.login, isTitle });
  account.answering(choices, wording.describe);
  const headers = (): readonly Header[] => [
    ...answerHeaders(ignoredParams, {
      target,
      reroutedModel: choices.reroutedModel,
      titleModel,
      usageEstimated: choices.usageEstimated,
    }),
    ...(endpoint.name === 'chat'
      ? outputHeaders({ mode, stopMode }, !streaming && choices.ended && choices.failed === null ? choices.logs : null)
      : []),
    ...limitHeaders(service.limits(), calendar()),
    ...more,
  ];
  const shared = {
    exchange,
    choices,
    clock,
    journal,
    headers,
    fail: (failure: Failure) => {
      if (isTitle)
        journal.warn(`${endpoint.name}_title_summary_intercept_error`, { req_id: exchange.id, code: failure.code });
      fail(exchange, wording, failure, headers());
    },
    worded: (failure: Failure, then: () => void) => wording.ready(failure, then),
    tooSlow: () => account.tooSlow(),
  };
  if (!streaming) {
    new WholeReader({
      ...shared,
      endpoint,
      legacyCalls,
      describe: wording.describe,
      silenceMs: settings.silenceMs,
      blankMs: settings.blankMs,
    }).start();
    return;
  }
  new LiveReader({
    ...shared,
    ...(front.readers === undefined ? {} : { readers: front.readers }),
    ...(front.pace === undefined ? {} : { pace: front.pace }),
    projections: projectionsOf(endpoint, admission, choices, account, wording),
    keepaliveMs: keepaliveWanted(exchange.head) ? settings.keepaliveMs : 0,
    bufferBytes: settings.sinkBufferBytes,
    lagMs: settings.sinkLagMs,
  }).start();
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
