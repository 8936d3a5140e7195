/**
 * Turns away what the gateway has no time for, before anything of its body is looked at. Streams that are open go on, and whatever
 * costs little (health, models, metrics, stored answers) is served.
 */

import { refusal } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { Front } from './front.ts';
import { type LoopProbe, OverloadGate } from './overload.ts';
import { RequestError } from './request-error.ts';

/** The function says whether it has answered. */
export function loadGate(front: Front, probe: () => LoopProbe): (exchange: Exchange) => boolean {
  const { clock, journal, diagnostics, settings } = front;
  if (settings.overload === null) return () => false;
  const gate = new OverloadGate({
    limits: settings.overload,
    clock,
    journal,
    probe: probe(),
    changed: (refusing) => diagnostics.publish('overload.changed', { refusing }),
  });
  return (exchange) => {
    if (!gate.refuses()) return false;
    exchange.answer(refusal(new RequestError('gateway_overloaded', '')));
    return true;
  };
}
