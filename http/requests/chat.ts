/**
 * `POST /v1/chat/completions`: body -> `Admission`. Order of checks: model, messages, parameters, model known. A body in
 * the dialect of the other endpoint (`input` in place of `messages`) is read as such.
 */

import type { Json, JsonObject } from '../../actors/turn.ts';
import type { ParamsMode, RequestReader } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { admit, type Draft, requireModel, wantsStream } from './admit.ts';
import { readItems } from './items.ts';
import { readMessages } from './messages.ts';
import { isAbsent } from './well-formed.ts';

export const readChatRequest: RequestReader = (body, context) => {
  const model = requireModel(body);
  const history = readHistory(body, context.params);
  const stream = wantsStream(body, context.defaultStream);
  return admit(body, { model, ...history, endpoint: 'chat', asked: null, stream }, context, (n) =>
    readN(n, context.choicesMax),
  );
};

function readHistory(body: JsonObject, mode: ParamsMode): Pick<Draft, 'items' | 'from'> {
  const input = body['input'];
  const messages = body['messages'];
  if (isAbsent(input)) return { items: readMessages(messages, mode), from: 'messages' };
  if (!isAbsent(messages)) {
    const second = Object.keys(body).findLast((key) => key === 'input' || key === 'messages') ?? 'input';
    throw new RequestError('invalid_request_error', 'Send either messages or input, not both.', second);
  }
  return { items: input === '' ? [] : readItems(input), from: 'input' };
}

/** A number, also as text. */
function readN(n: Json, choicesMax: number): number {
  const count = typeof n === 'string' && /^\d{1,9}$/.test(n) ? Number(n) : n;
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= choicesMax) return count;
  const received = typeof count === 'number' ? String(count) : typeof n;
  const message = `n must be an integer between 1 and ${choicesMax}; received ${received}`;
  throw new RequestError('invalid_request_error', message, 'n');
}
