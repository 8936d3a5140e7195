/**
 * File parts -> text. The CLI takes no files, so one that is text is told to the model with its name, and any other is
 * refused.
 */

import type { JsonObject } from '../../actors/turn.ts';
import { RequestError, type RequestErrorCode } from '../request-error.ts';
import { fromBase64 } from './base64.ts';
import { aString, check } from './shape.ts';
import { isAbsent, isObject, quotable } from './well-formed.ts';

const textTypes =
  /^(text\/|application\/([\w.-]+\+)?(json|xml|yaml|x-yaml|toml|javascript|x-javascript|typescript|sql)$)/i;
const textNames =
  /\.(txt|text|md|markdown|rst|adoc|tex|log|csv|tsv|json|jsonl|ndjson|ya?ml|toml|ini|cfg|conf|env|properties|xml|html?|css|scss|less|svg|sql|sh|bash|zsh|ps1|bat|py|rb|pl|php|js|mjs|cjs|jsx|ts|mts|cts|tsx|vue|svelte|java|kt|kts|scala|go|rs|c|h|cc|cpp|hpp|cs|fs|swift|m|lua|r|jl|ex|exs|erl|hs|ml|clj|dart|zig|proto|graphql|tf|gradle|cmake|diff|patch)$/i;

const refuse = (code: RequestErrorCode, message: string, path: string): never => {
  throw new RequestError(code, `${path}: ${message}`, path);
};

/** `input_file` has these members itself, `file` has them in `file`. */
export function readFilePart(part: JsonObject, path: string): string {
  const nested = part['file'];
  const [file, at] = isObject(nested) ? [nested, `${path}.file`] : [part, path];
  for (const key of ['file_id', 'file_url']) {
    if (!isAbsent(file[key]))
      refuse('unsupported_value', 'no files are kept here; send the content as text.', `${at}.${key}`);
  }
  const name = isAbsent(file['filename']) ? '' : check(aString, file['filename'], `${at}.filename`);
  const data = check(aString, file['file_data'], `${at}.file_data`);
  const text = textOf(data, name, `${at}.file_data`);
  return `File ${quotable(name) || 'without a name'}:\n\n${text}`;
}

/** A data URL, or bare base64 as some clients send it. */
function textOf(data: string, name: string, path: string): string {
  const [prefix = '', type = ''] = /^data:([^;,]{0,128})[^,]{0,128},/i.exec(data) ?? [];
  if (!textTypes.test(type) && !textNames.test(name)) {
    return refuse('unsupported_value', 'only files that are text are supported; send the content as text.', path);
  }
  const bytes = decoded(data.slice(prefix.length), prefix === '' || /;base64,$/i.test(prefix), path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('unsupported_value', 'the file is not UTF-8 text; send the content as text.', path);
  }
}

function decoded(data: string, isBase64: boolean, path: string): Uint8Array {
  const bytes = isBase64 ? fromBase64(data) : unescaped(data);
  return bytes ?? refuse('invalid_request_error', 'the data is not what its data URL says.', path);
}

function unescaped(data: string): Uint8Array | null {
  try {
    return Buffer.from(decodeURIComponent(data));
  } catch {
    return null;
  }
}
