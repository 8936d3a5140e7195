/**
 * Chat `messages` -> the items that are injected into the CLI's thread, in the same order. One assistant message may
 * become a message and several calls; the legacy role `function` answers the open call of the same name.
 */

import type { Json, JsonObject } from '../../actors/turn.ts';
import type { ParamsMode } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { CallPairs } from './call-pairs.ts';
import { type PartRules, readParts, readResultContent, requireContent, textPart } from './parts.ts';
import { aName, aString, check, oneOf } from './shape.ts';
import { isAbsent, isObject } from './well-formed.ts';

const aRole = oneOf('system', 'developer', 'user', 'assistant', 'tool', 'function');

interface Reading {
  readonly pairs: CallPairs;
  /** Name -> id of the first call of that name without an answer. */
  readonly legacy: Map<string, string>;
  /** Call id -> name of the same calls. */
  readonly names: Map<string, string>;
  readonly asInput: PartRules;
  readonly asOutput: PartRules;
}

export function readMessages(messages: Json | undefined, mode: ParamsMode): readonly JsonObject[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new RequestError('invalid_request_error', 'messages[] required', 'messages');
  }
  const unknown = mode === 'strict' ? 'refuse' : 'text';
  const reading: Reading = {
    pairs: new CallPairs(),
    legacy: new Map(),
    names: new Map(),
    asInput: { type: 'input_text', unknown },
    asOutput: { type: 'output_text', unknown },
  };
  const items = messages.flatMap((message: Json, i) => readMessage(message, reading, `messages[${i}]`));
  reading.pairs.close();
  return items;
}

function readMessage(message: Json, reading: Reading, path: string): readonly JsonObject[] {
  if (!isObject(message)) throw new RequestError('invalid_request_error', `${path} must be an object.`, path);
  const role = check(aRole, message['role'], `${path}.role`);
  switch (role) {
    case 'assistant':
      return readAssistant(message, reading, path);
    case 'tool':
    case 'function':
      return [readResult(message, role, reading, path)];
    default: {
      requireContent(message, path);
      const content = readParts(message['content'], reading.asInput, `${path}.content`);
      return content.length === 0 ? [] : [{ type: 'message', role: role === 'user' ? role : 'developer', content }];
    }
  }
}

/** Reasoning text that some clients echo (`reasoning_content`) is no model input and is not replayed. */
function readAssistant(message: JsonObject, reading: Reading, path: string): readonly JsonObject[] {
  const content = [...readParts(message['content'], reading.asOutput, `${path}.content`)];
  if (!isAbsent(message['refusal'])) {
    content.push(textPart(check(aString, message['refusal'], `${path}.refusal`), reading.asOutput));
  }
  if (content.length === 0 && !isAbsent(message['audio'])) {
    const at = `${path}.audio`;
    const remedy = 'send its transcript as content';
    throw new RequestError('unsupported_parameter', `${at} is not supported; ${remedy}.`, at);
  }
  if ([message['refusal'], callsOf(message), message['function_call']].every(isAbsent)) requireContent(message, path);
  const said = content.length === 0 ? [] : [{ type: 'message', role: 'assistant', content }];
  return [...said, ...readCalls(message, reading, path)];
}

/** An empty list says as much as none. */
const callsOf = ({ tool_calls: calls }: JsonObject): Json | undefined =>
  Array.isArray(calls) && calls.length === 0 ? null : calls;

function readCalls(message: JsonObject, reading: Reading, path: string): readonly JsonObject[] {
  const legacy = message['function_call'];
  const calls = callsOf(message);
  if (isAbsent(calls)) return isAbsent(legacy) ? [] : [readLegacyCall(legacy, reading, `${path}.function_call`)];
  if (!Array.isArray(calls)) {
    const at = `${path}.tool_calls`;
    throw new RequestError('invalid_request_error', `${at} must be an array.`, at);
  }
  // An answer of ours may carry both: `function_call` then repeats the first of `tool_calls`.
  return calls.map((call: Json, i) => readCall(call, reading, `${path}.tool_calls[${i}]`));
}

function readCall(call: Json, reading: Reading, path: string): JsonObject {
  if (!isObject(call)) throw new RequestError('invalid_request_error', `${path} must be an object.`, path);
  const callId = check(aName, call['id'], `${path}.id`).toWellFormed();
  const kind = check(oneOf('function', 'custom'), call['type'] ?? 'function', `${path}.type`);
  const body = memberOf(call, kind, path);
  const at = `${path}.${kind}`;
  const name = check(aName, body['name'], `${at}.name`).toWellFormed();
  const space = body['namespace'];
  const namespace = isAbsent(space) ? {} : { namespace: check(aName, space, `${at}.namespace`).toWellFormed() };
  const given =
    kind === 'custom'
      ? JSON.stringify({ input: check(aString, body['input'], `${at}.input`).toWellFormed() })
      : check(aString, body['arguments'], `${at}.arguments`).toWellFormed();
  reading.pairs.called(callId, path);
  if (!reading.legacy.has(name)) remember(reading, name, callId);
  return { type: 'function_call', call_id: callId, name, ...namespace, arguments: given };
}

function readLegacyCall(call: Json, reading: Reading, path: string): JsonObject {
  if (!isObject(call)) throw new RequestError('invalid_request_error', `${path} must be an object.`, path);
  const name = check(aName, call['name'], `${path}.name`).toWellFormed();
  const given = check(aString, call['arguments'], `${path}.arguments`).toWellFormed();
  // The legacy form has no call ids; the place in the history is unique.
  const callId = `call_${path.replace(/[^a-z0-9]+/g, '_')}`;
  reading.pairs.called(callId, path);
  remember(reading, name, callId);
  return { type: 'function_call', call_id: callId, name, arguments: given };
}

function readResult(message: JsonObject, role: 'tool' | 'function', reading: Reading, path: string): JsonObject {
  const key = role === 'tool' ? 'tool_call_id' : 'name';
  const named = check(aName, message[key], `${path}.${key}`).toWellFormed();
  const callId = role === 'tool' ? named : (reading.legacy.get(named) ?? named);
  reading.pairs.answered(callId, `${path}.${key}`);
  const name = reading.names.get(callId);
  if (name !== undefined) reading.legacy.delete(name);
  reading.names.delete(callId);
  requireContent(message, path);
  const output = readResultContent(message['content'], reading.asInput, `${path}.content`);
  return { type: 'function_call_output', call_id: callId, output };
}

function remember(reading: Reading, name: string, callId: string): void {
  reading.legacy.set(name, callId);
  reading.names.set(callId, name);
}

function memberOf(call: JsonObject, key: string, path: string): JsonObject {
  const member = call[key];
  if (isObject(member)) return member;
  throw new RequestError('invalid_request_error', `${path}.${key} must be an object.`, `${path}.${key}`);
}
