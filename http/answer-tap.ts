/** What an exchange tells of its answer as it is written, where anybody wants to know. */

import type { Diagnostics } from '../actors/diagnostics.ts';
import type { AnswerTap } from './exchange-facts.ts';
import type { HttpHappenings } from './happenings.ts';

/** Null: nobody does. */
export const answerTap = (diagnostics: Diagnostics<HttpHappenings>, request: string): AnswerTap | null => {
  if (!diagnostics.watched('answer.begun') && !diagnostics.watched('answer.written')) return null;
  return {
    begun: (status, headers) => diagnostics.publish('answer.begun', { request, status, headers }),
    written: (bytes) => diagnostics.publish('answer.written', { request, bytes }),
  };
};
