/**
 * The failure of a log in the three places where a client may look for it: the `error` event, the `error` of a response
 * and the error frame of a chat stream. All three speak from the catalogue, so code and message agree everywhere.
 */

import type { ResponseLog } from '../actors/log.ts';
import { failureOf } from '../actors/log-entry.ts';
import { describe } from './catalogue.ts';

const errorOf = (log: ResponseLog): { message: string; type: string; param: string | null; code: string } => {
  const failure = log.ending && failureOf(log.ending.outcome);
  if (failure === null) throw new Error(`log ${log.head.id}: it has not failed`);
  return describe(failure).body.error;
};

/** The members of the `error` event after its number: flat ones for OpenAI's types, nested ones for Open Responses. */
export const errorEventMembers = (log: ResponseLog): string => {
  const { code, message, param, type } = errorOf(log);
  return JSON.stringify({ code, message, param, error: { type, code, message, param } }).slice(1, -1);
};

/** `error` of a response object: four members, all strings but `param`. */
export const responseError = (log: ResponseLog): string => {
  const { code, message, type, param } = errorOf(log);
  return JSON.stringify({ code, message, type, param });
};

export const chatError = (log: ResponseLog): string => {
  const { message, type, param, code } = errorOf(log);
  return JSON.stringify({ error: { message, type, param, code } });
};
