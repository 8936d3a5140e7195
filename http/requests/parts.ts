/**
 * Message content in any of its accepted forms -> the typed parts that the CLI takes. It refuses a bare string, a missing
 * type and the part types of other dialects, so every one of them is rewritten here; nothing is dropped unsaid.
 */

import * as z from 'zod';
import type { Json, JsonObject } from '../../actors/turn.ts';
import { RequestError } from '../request-error.ts';
import { readFilePart } from './files.ts';
import { readPicturePart } from './pictures.ts';
import { aString, check } from './shape.ts';
import { isAbsent, isObject, wellFormed } from './well-formed.ts';

export interface PartRules {
  readonly type: 'input_text' | 'output_text';
  /** What becomes of a part of unknown type: refused, or passed to the model as its JSON text. */
  readonly unknown: 'refuse' | 'text';
}

const never = new Set([
  ...['input_audio', 'audio', 'audio_url', 'input_video', 'video', 'video_url'],
  ...['input_image', 'image_url', 'image_file', 'input_file', 'file'],
]);
const someObjects = z.array(z.looseObject({}, { error: 'must be an object' }), { error: 'must be an array' });

export function readParts(content: Json | undefined, rules: PartRules, path: string): readonly JsonObject[] {
  if (isAbsent(content)) return [];
  if (typeof content === 'string') return [textPart(content, rules)];
  if (isObject(content)) return [readPart(content, rules, path)];
  if (!Array.isArray(content)) {
    throw new RequestError('invalid_request_error', `${path} must be a string or an array of content parts.`, path);
  }
  return content.map((part: Json, i) => readPart(part, rules, `${path}[${i}]`));
}

/** What a tool gave; nothing is empty text. */
export function readResultContent(
  content: Json | undefined,
  rules: PartRules,
  path: string,
): string | readonly JsonObject[] {
  if (typeof content === 'string') return content.toWellFormed();
  const parts = readParts(content, rules, path);
  return parts.length === 0 ? '' : parts;
}

/** The content of a message, which may be null or empty, but not forgotten: most likely it stands under another name. */
export function requireContent(message: JsonObject, path: string): void {
  if (message['content'] !== undefined) return;
  const at = `${path}.content`;
  throw new RequestError('invalid_request_error', `${at} is required: a string or an array of content parts.`, at);
}

export const textPart = (text: string, rules: PartRules): JsonObject => ({
  type: rules.type,
  text: text.toWellFormed(),
});

function readPart(part: Json, rules: PartRules, path: string): JsonObject {
  if (typeof part === 'string') return textPart(part, rules);
  if (!isObject(part)) {
    throw new RequestError('invalid_request_error', `${path} must be a content part, an object with a type.`, path);
  }
  const type = part['type'] ?? 'text';
  switch (type) {
    case 'text':
    case 'input_text':
      return textPart(check(aString, part['text'], `${path}.text`), rules);
    case 'output_text':
      return { ...textPart(check(aString, part['text'], `${path}.text`), rules), ...remarks(part, rules, path) };
    case 'refusal':
      return textPart(check(aString, part['refusal'], `${path}.refusal`), rules);
    case 'input_image':
    case 'image_url':
    case 'image_file':
      return rules.type === 'input_text' ? readPicturePart(part, path) : unreadable(part, type, rules, path);
    case 'input_file':
    case 'file':
      return rules.type === 'input_text'
        ? textPart(readFilePart(part, path), rules)
        : unreadable(part, type, rules, path);
    default:
      return unreadable(part, type, rules, path);
  }
}

/** Annotations and logprobs of an echoed answer; empty ones say nothing. */
function remarks(part: JsonObject, rules: PartRules, path: string): JsonObject {
  if (rules.type !== 'output_text') return {};
  const kept: [string, Json][] = [];
  for (const key of ['annotations', 'logprobs']) {
    const value = part[key];
    if (isAbsent(value)) continue;
    check(someObjects, value, `${path}.${key}`);
    if (Array.isArray(value) && value.length > 0) kept.push([key, wellFormed(value, `${path}.${key}`)]);
  }
  return Object.fromEntries(kept);
}

function unreadable(part: JsonObject, type: Json, rules: PartRules, path: string): JsonObject {
  if (typeof type !== 'string') {
    throw new RequestError('invalid_request_error', `${path}.type must be a string.`, `${path}.type`);
  }
  if (rules.unknown === 'text' && !never.has(type)) return textPart(JSON.stringify(wellFormed(part, path)), rules);
  throw new RequestError(
    'unsupported_value',
    `${path}.type names a content part that is not supported here; send text.`,
    `${path}.type`,
  );
}
