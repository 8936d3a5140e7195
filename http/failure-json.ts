/**
 * The failure of a log in the three places where a client may look for it: the `error` event, the `error` of a response
 * and the error frame of a chat stream. All three speak from the catalogue, so code and message agree everywhere.
 */

import type { ResponseLog } from '../actors/log.ts';
import { failureOf } from '../actors/log-entry.ts';
import { describe, type ErrorBody } from './catalogue.ts';
import type { Describe } from './wording.ts';

const errorOf = (log: ResponseLog, say: Describe): ErrorBody['error'] => {
  const failure = log.ending && failureOf(log.ending.outcome);
  if (failure === null) throw new Error(`log ${log.head.id}: it has not failed`);
  return say(failure).body.error;
};

/** A stream of responses has named members only; what helps to end the failure is told all the same. */
const detailed = ({ details }: ErrorBody['error']): Pick<ErrorBody['error'], 'details'> =>
  details === undefined ? {} : { details };

/** The members of the `error` event after its number: flat ones for OpenAI's types, nested ones for Open Responses. */
export const errorEventMembers = (log: ResponseLog, say: Describe = describe): string => {
  const error = errorOf(log, say);
  const { code, message, param, type } = error;
  return JSON.stringify({ code, message, param, error: { type, code, message, param, ...detailed(error) } }).slice(
    1,
    -1,
  );
};

/** `error` of a response object: four members, all strings but `param`, and `details` where there are any. */
export const responseError = (log: ResponseLog, say: Describe = describe): string => {
  const error = errorOf(log, say);
  const { code, message, type, param } = error;
  return JSON.stringify({ code, message, type, param, ...detailed(error) });
};

export const chatError = (log: ResponseLog, say: Describe = describe): string =>
  JSON.stringify({ error: errorOf(log, say) });
