/** What becomes of each event that is about the answer itself. */

import type { Answer } from './answer.ts';
import type { Passing } from './scribe-options.ts';
import type { TurnEvent } from './turn.ts';

/** What is about the answer. */
type Output = Exclude<TurnEvent, Passing | { type: 'usage.observed' | 'model.rerouted' | 'text.run' }>;

export function heard(answer: Answer, event: Output): void {
  switch (event.type) {
    case 'text.delta':
      return answer.text(event);
    case 'item.opened':
      return answer.opened(event);
    case 'summary.opened':
    case 'summary.delta':
      return answer.summary(event);
    case 'item.closed':
      return answer.closed(event);
    case 'item.final':
      return answer.final(event);
    case 'call.requested':
      return answer.call(event);
    default:
  }
}
