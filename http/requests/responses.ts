/** `POST /v1/responses`: body -> `Admission`. Order of checks: model, input, parameters, model known. */

import type { Archive } from '../../actors/archive.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import type { RequestReader } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { admit, type Draft, requireModel, wantsStream } from './admit.ts';
import { itemsBefore, previousOf, resolved } from './history.ts';
import { listItems, readItems } from './items.ts';
import { isAbsent } from './well-formed.ts';

export const readResponsesRequest: RequestReader = (body, context) => {
  const model = requireModel(body);
  if (!isAbsent(body['messages'])) {
    throw new RequestError(
      'invalid_request_error',
      'messages is not a field of this endpoint; send input.',
      'messages',
    );
  }
  const history = readHistory(body, context.archive);
  return admit(
    body,
    { model, ...history, from: 'input', endpoint: 'responses', stream: wantsStream(body, false) },
    context,
    onlyOne,
  );
};

/** Something must come before the answer; `conversation` is refused by its own field. */
function readHistory(body: JsonObject, archive: Archive | null): Pick<Draft, 'items' | 'asked'> {
  const previous = previousOf(body, archive);
  const given = body['input'];
  const isEmpty = isAbsent(given) || given === '' || (Array.isArray(given) && given.length === 0);
  const elsewhere = ['instructions', 'conversation'].some((key) => !isAbsent(body[key]) && body[key] !== '');
  if (isEmpty && previous === null && !elsewhere) {
    throw new RequestError('invalid_request_error', 'input is required: a string or an array of items.', 'input');
  }
  const input = isEmpty ? [] : resolved(listItems(given), archive, 'input');
  const items = readItems(input, 'input', itemsBefore(previous));
  return { items, asked: archive === null ? null : { input, previous } };
}

function onlyOne(n: Json): 1 {
  if (n === 1 || n === '1') return 1;
  const received = quotableNumber(n);
  throw new RequestError('n_unsupported', `n must be 1 for /v1/responses; received ${received}`, 'n');
}

const quotableNumber = (n: Json): string => (typeof n === 'number' ? String(n) : typeof n);
