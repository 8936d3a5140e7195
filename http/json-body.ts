/** From the bytes of a body to a JSON object, or a refusal that says what is wrong with them. */

import type { Json, JsonObject } from '../actors/turn.ts';
import { limits } from './limits.ts';
import { RequestError } from './request-error.ts';

/** Refuses a media type that nobody would mean JSON by. A missing one and `text/plain` are tolerated. */
export function checkMediaType(contentType: string): void {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  if (type !== '' && type !== 'text/plain' && !/^[^/\s]+\/([^/\s]+\+)?json$/.test(type)) {
    throw new RequestError(
      'unsupported_media_type',
      'The content type must be application/json; curl -d needs -H "Content-Type: application/json".',
    );
  }
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  if (charset !== undefined && !/^"?(utf-?8|us-ascii)"?$/.test(charset)) {
    throw new RequestError('unsupported_encoding', 'The charset must be utf-8.');
  }
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/** So much of a string is looked at byte by byte; from there on its end is searched for, which costs more than it but once. */
const nearBytes = 64;

/** Behind the string that begins before `from`. */
function endOfString(bytes: Uint8Array, from: number): number {
  let index = from;
  for (;;) {
    const near = Math.min(index + nearBytes, bytes.length);
    for (; index < near; index += 1) {
      if (bytes[index] === backslash) index += 1;
      else if (bytes[index] === quote) return index + 1;
    }
    if (index >= bytes.length) return bytes.length;
    const found = bytes.indexOf(quote, index);
    if (found < 0) return bytes.length;
    let escapes = found;
    while (escapes > index && bytes[escapes - 1] === backslash) escapes -= 1;
    if ((found - escapes) % 2 === 0) return found + 1;
    index = found + 1;
  }
}

/** Deepest nesting of brackets, and how many values there are at the most; what stands inside of strings does not count. */
export function jsonExtent(bytes: Uint8Array): { readonly depth: number; readonly values: number } {
  let depth = 0;
  let deepest = 0;
  let values = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === quote) index = endOfString(bytes, index + 1) - 1;
    else if (byte === comma) values += 1;
    else if (byte === 0x7b || byte === 0x5b) {
      deepest = Math.max(deepest, ++depth);
      values += 1;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return { depth: deepest, values };
}

const excessOf = ({ depth, values }: ReturnType<typeof jsonExtent>): string | null => {
  if (depth > limits.jsonDepthMax) return `nested deeper than ${limits.jsonDepthMax} levels`;
  return values > limits.jsonValuesMax ? `more than ${limits.jsonValuesMax} values` : null;
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Throws what `utf8` throws. What is wrong would be replaced, and a mark of the byte order kept: where neither is seen, all is well. */
export function textOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  return text.includes('\ufffd') || text.startsWith('\ufeff') ? utf8.decode(bytes) : text;
}

export function parseJsonObject(bytes: Uint8Array): JsonObject {
  let value: Json;
  // Before it is parsed: some bytes for each value are many more in memory, and time that all others wait.
  const excess = excessOf(jsonExtent(bytes));
  if (excess !== null) throw new RequestError('invalid_json', `Invalid JSON: ${excess}`);
  try {
    value = JSON.parse(textOf(bytes)) as Json;
  } catch {
    throw new RequestError('invalid_json', 'Invalid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RequestError('invalid_request_error', 'request body must be a JSON object');
  }
  return value as JsonObject;
}
