/** `POST /v1/responses`: body -> `Admission`. Order of checks: model, input, parameters, model known. */

import type { Json, JsonObject } from '../../actors/turn.ts';
import type { RequestReader } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { admit, requireModel, wantsStream } from './admit.ts';
import { readItems } from './items.ts';
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
  const items = readInput(body);
  return admit(body, { model, items, from: 'input', stream: wantsStream(body, false) }, context, onlyOne);
};

/** Something must come before the answer; what continues an earlier response is refused by its own field. */
function readInput(body: JsonObject): readonly JsonObject[] {
  const input = body['input'];
  if (!isAbsent(input) && input !== '' && !(Array.isArray(input) && input.length === 0)) return readItems(input);
  const elsewhere = ['instructions', 'previous_response_id', 'conversation'].some((key) => {
    const value = body[key];
    return !isAbsent(value) && value !== '';
  });
  if (elsewhere) return [];
  throw new RequestError('invalid_request_error', 'input is required: a string or an array of items.', 'input');
}

function onlyOne(n: Json): 1 {
  if (n === 1 || n === '1') return 1;
  const received = quotableNumber(n);
  throw new RequestError('n_unsupported', `n must be 1 for /v1/responses; received ${received}`, 'n');
}

const quotableNumber = (n: Json): string => (typeof n === 'number' ? String(n) : typeof n);
