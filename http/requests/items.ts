/**
 * Responses `input` -> the items that are injected into the CLI's thread, in the same order. Each item is rebuilt from
 * the members that the CLI reads, with its id left out; what cannot be passed on is refused with its exact path.
 */

import * as z from 'zod';
import type { Json, JsonObject } from '../../actors/turn.ts';
import { RequestError } from '../request-error.ts';
import { CallPairs } from './call-pairs.ts';
import { type PartRules, readParts, readResultContent, requireContent, textPart } from './parts.ts';
import { inBody, previousField } from './previous.ts';
import { aName, aString, check, oneOf } from './shape.ts';
import { isAbsent, isObject, wellFormed } from './well-formed.ts';

const asInput: PartRules = { type: 'input_text', unknown: 'refuse' };
const asOutput: PartRules = { type: 'output_text', unknown: 'refuse' };

const aRole = oneOf('user', 'assistant', 'system', 'developer');
const aPhase = oneOf('commentary', 'partial_answer', 'final_answer');
const aStatus = oneOf('in_progress', 'completed', 'incomplete');
const aSummary = z.array(
  z.looseObject(
    { type: z.literal('summary_text', { error: 'must be summary_text' }), text: aString },
    { error: 'must be an object' },
  ),
  { error: 'must be an array' },
);

export const developerMessage = (text: string): JsonObject => ({
  type: 'message',
  role: 'developer',
  content: [textPart(text, asInput)],
});

/** Text is one message of the user. */
export function listItems(input: Json, path = 'input'): readonly Json[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }];
  if (Array.isArray(input)) return input;
  throw new RequestError('invalid_request_error', `${path} must be a string or an array of input items.`, path);
}

/** `before`: the items of earlier responses, which come first and are none of this path. */
export function readItems(given: Json, path = 'input', before: readonly Json[] = []): readonly JsonObject[] {
  const input = listItems(given, path);
  const pairs = new CallPairs();
  const said = before.flatMap((item) => inBody(() => readItem(item, pairs, previousField)));
  const sent = input.flatMap((item: Json, i) => readItem(item, pairs, `${path}[${i}]`));
  pairs.close();
  return said.length === 0 ? sent : [...said, ...sent];
}

function readItem(item: Json, pairs: CallPairs, path: string): readonly JsonObject[] {
  if (!isObject(item)) throw new RequestError('invalid_request_error', `${path} must be an object.`, path);
  const type = typeOf(item, path);
  switch (type) {
    case 'message':
      return readMessage(item, path);
    case 'input_text':
    case 'text':
    case 'input_image':
    case 'image_url':
    case 'input_file':
    case 'file':
      return [{ type: 'message', role: 'user', content: readParts(item, asInput, path) }];
    case 'function_call':
    case 'custom_tool_call':
      return [readCall(item, type, pairs, path)];
    case 'function_call_output':
    case 'custom_tool_call_output':
      return [readOutput(item, pairs, path)];
    case 'additional_tools':
      // The toolbox takes them out again.
      return [{ type, tools: wellFormed(item['tools'] ?? [], `${path}.tools`), path: `${path}.tools` }];
    case 'reasoning':
      return readReasoning(item, path);
    default:
      return refuse(type, path);
  }
}

function typeOf(item: JsonObject, path: string): string {
  const type = item['type'];
  if (typeof type === 'string') return type;
  if (!isAbsent(type))
    throw new RequestError('invalid_request_error', `${path}.type must be a string.`, `${path}.type`);
  // A reference may come without a type; a message without one has a role.
  return isAbsent(item['role']) && typeof item['id'] === 'string' ? 'item_reference' : 'message';
}

function refuse(type: string, path: string): never {
  throw new RequestError(
    'unsupported_value',
    `${path}.type names an item that is not supported; send message, function_call, function_call_output or reasoning.`,
    `${path}.type`,
  );
}

/** A message without any part says nothing to the model and is left out. */
function readMessage(item: JsonObject, path: string): readonly JsonObject[] {
  const role = check(aRole, item['role'], `${path}.role`);
  requireContent(item, path);
  const content = readParts(item['content'], role === 'assistant' ? asOutput : asInput, `${path}.content`);
  const phase = isAbsent(item['phase']) ? undefined : check(aPhase, item['phase'], `${path}.phase`);
  const status = isAbsent(item['status']) ? undefined : check(aStatus, item['status'], `${path}.status`);
  if (content.length === 0) return [];
  return [
    {
      type: 'message',
      role: role === 'system' ? 'developer' : role,
      content,
      ...(role === 'assistant' && phase !== undefined ? { phase } : {}),
      ...(role === 'assistant' && status !== undefined ? { status } : {}),
    },
  ];
}

/** A custom call is told to the model as a function call with one argument, `input`. Names are still the client's. */
function readCall(item: JsonObject, type: string, pairs: CallPairs, path: string): JsonObject {
  const call_id = check(aName, item['call_id'], `${path}.call_id`).toWellFormed();
  const name = check(aName, item['name'], `${path}.name`).toWellFormed();
  const space = item['namespace'];
  const namespace = isAbsent(space) ? {} : { namespace: check(aName, space, `${path}.namespace`).toWellFormed() };
  const given =
    type === 'custom_tool_call'
      ? JSON.stringify({ input: check(aString, item['input'], `${path}.input`).toWellFormed() })
      : check(aString, item['arguments'], `${path}.arguments`).toWellFormed();
  pairs.called(call_id, path);
  return { type: 'function_call', call_id, name, ...namespace, arguments: given };
}

function readOutput(item: JsonObject, pairs: CallPairs, path: string): JsonObject {
  const call_id = check(aName, item['call_id'], `${path}.call_id`).toWellFormed();
  const given = item['output'];
  if (typeof given !== 'string' && !Array.isArray(given)) {
    const message = `${path}.output must be a string or an array of content parts.`;
    throw new RequestError('invalid_request_error', message, `${path}.output`);
  }
  const output = readResultContent(given, asInput, `${path}.output`);
  pairs.answered(call_id, `${path}.call_id`);
  return { type: 'function_call_output', call_id, output };
}

/** Without the encrypted content there is nothing that the model could read: a summary is no model input. */
function readReasoning(item: JsonObject, path: string): readonly JsonObject[] {
  const given = item['encrypted_content'];
  const encrypted = isAbsent(given) ? '' : check(aString, given, `${path}.encrypted_content`);
  const summary = isAbsent(item['summary']) ? [] : check(aSummary, item['summary'], `${path}.summary`);
  if (encrypted === '') return [];
  const texts = summary.map(({ text }) => ({ type: 'summary_text', text }));
  return [
    { type: 'reasoning', summary: wellFormed(texts, `${path}.summary`), encrypted_content: encrypted.toWellFormed() },
  ];
}
