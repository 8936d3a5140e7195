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
  return admit(body, { model, ...history, stream: wantsStream(body, context.defaultStream) }, context, onlyOne);
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

function onlyOne(n: Json): void {
  if (n === 1 || n === '1') return;
  const count = typeof n === 'string' && /^\d{1,9}$/.test(n) ? Number(n) : n;
  const code = Number.isSafeInteger(count) && Number(count) > 1 ? 'n_unsupported' : 'invalid_request_error';
  const received = typeof count === 'number' ? String(count) : typeof n;
  throw new RequestError(code, `n must be 1; received ${received}`, 'n');
}
