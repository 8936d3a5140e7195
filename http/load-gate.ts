/**
 * Turns away what the gateway has no time for, before anything of its body is looked at. Streams that are open go on, and whatever
 * costs little (health, models, metrics, stored answers) is served. Invariant: who is turned away costs next to nothing, or the more
 * are turned away the fewer were served: they are counted, and no line is written of each.
 */

import { jsonAnswer } from './answer.ts';
import { requestCatalogue, describeRequestError } from './catalogue.ts';
import type { Exchange } from './exchange.ts';
import type { Front } from './front.ts';
import { retryHeaders } from './headers.ts';
import { type LoopProbe, OverloadGate } from './overload.ts';
import { RequestError } from './request-error.ts';

const told = describeRequestError(new RequestError('gateway_overloaded', ''));
const errorCode = requestCatalogue.gateway_overloaded.code;
const body = JSON.stringify(told.body);

/** The function says whether it has answered. */
export function loadGate(front: Front, probe: () => LoopProbe): (exchange: Exchange) => boolean {
  const { service, clock, ids, journal, diagnostics, settings } = front;
  if (settings.overload === null) return () => false;
  const gate = new OverloadGate({
    limits: settings.overload,
    clock,
    ids,
    journal,
    probe: probe(),
    starts: service.starts,
    changed: (refusing) => diagnostics.publish('overload.changed', { refusing }),
  });
  return (exchange) => {
    const returnMs = gate.refusal();
    if (returnMs === null) return false;
    const headers = retryHeaders(told.shouldRetry, returnMs);
    exchange.answer({ ...jsonAnswer(told.status, body, headers), errorCode });
    return true;
  };
}
