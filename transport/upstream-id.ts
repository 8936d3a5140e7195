/**
 * What the provider calls what it was asked: its response, or the request that it has refused. For operators, who need it to ask the
 * provider; clients do not see it.
 */

import type { TurnEvent } from '../actors/turn.ts';
import { member, type Members } from './json.ts';

const requestId = /\brequest id: ([\w-]{1,128})/u;
const wordCharsMax = 128;
const lookedAtMax = 2_000;

/** Null: this says nothing of it. */
export function upstreamIdOf(event: TurnEvent, params: Members): string | null {
  if (event.type === 'sampling.completed') {
    const { sampling = '' } = event;
    return /^[\w-]+$/u.test(sampling) && sampling.length <= wordCharsMax ? sampling : null;
  }
  if (event.type !== 'turn.ended' && event.type !== 'upstream.retried') return null;
  const message = member(params['error'] ?? member(params['turn'], 'error'), 'message');
  return typeof message === 'string' ? (requestId.exec(message.slice(0, lookedAtMax))?.[1] ?? null) : null;
}
