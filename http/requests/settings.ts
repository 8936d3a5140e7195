/**
 * A request body read through the parameter table: every field is understood, tolerated and listed, or refused. Null is
 * the same as absent. Two names for one thing must agree.
 */

import type { Json, JsonObject } from '../../actors/turn.ts';
import type { ParamsMode } from '../admission.ts';
import { limits } from '../limits.ts';
import { RequestError } from '../request-error.ts';
import { canonical, includes, params } from './params.ts';
import { isAbsent, isObject, quotable, wellFormed } from './well-formed.ts';

const nameCharsMax = 64;
const none: readonly string[] = [];
const nothingMore: ReadonlySet<Json> = new Set();

export interface Settings {
  /** Canonical name -> normalised, well-formed value. */
  readonly values: ReadonlyMap<string, Json>;
  /** Canonical name -> the value as the client sent it. */
  readonly given: ReadonlyMap<string, Json>;
  /** Canonical name -> the name that the client used. */
  readonly paths: ReadonlyMap<string, string>;
  /** Names fit for a header. */
  readonly ignored: readonly string[];
}

/** Null: absent, or not text. */
export const settingText = (settings: Settings, name: string): string | null => {
  const value = settings.values.get(name);
  return typeof value === 'string' ? value : null;
};

/** Objects whose members are fields of their own. */
const groups: ReadonlySet<string> = new Set(['reasoning', 'text', 'stream_options']);

type Take = (path: string, name: string | null, value: Json) => void;

/** `stateless`: responses are not kept here. */
export function readSettings(body: JsonObject, mode: ParamsMode, stateless: boolean): Settings {
  const values = new Map<string, Json>();
  const given = new Map<string, Json>();
  const paths = new Map<string, string>();
  const ignored = new Set<string>();
  let fields = 0;
  eachField(body, (path, name, value) => {
    fields += 1;
    if (fields > limits.fieldsMax)
      refuse('invalid_request_error', `A request has at most ${limits.fieldsMax} fields.`, path);
    const row = name === null ? undefined : params.get(name);
    const param = (stateless ? row?.stateless : undefined) ?? row;
    if (name === null || param === undefined) {
      if (mode === 'strict') refuse('unknown_parameter', `Unknown parameter: ${path}; leave it out.`, path);
      ignored.add(path);
      return;
    }
    const read = param.read(value, path);
    const earlier = values.get(name);
    if (earlier !== undefined && JSON.stringify(earlier) !== JSON.stringify(read)) {
      refuse('invalid_request_error', `${path} contradicts ${paths.get(name)}; send one of them.`, path);
    }
    if ((param.class === 'T' || param.class === 'N') && !param.neutral(read)) {
      if (param.class === 'N' || mode === 'strict') {
        refuse('unsupported_parameter', `${path} is not supported; ${param.otherwise}.`, path);
      }
      ignored.add(path);
    }
    values.set(name, read);
    given.set(name, value);
    paths.set(name, path);
  });
  return { values, given, paths, ignored: listed(ignored) };
}

/** Nulls are left out. */
function eachField(body: JsonObject, take: Take): void {
  for (const key of Object.keys(body)) {
    const value = body[key];
    if (isAbsent(value)) continue;
    if (groups.has(key)) {
      if (!isObject(value)) return refuse('invalid_request_error', `${key} must be an object.`, key);
      for (const [member, inner] of Object.entries(value)) {
        if (isAbsent(inner)) continue;
        const path = `${key}.${quotable(member, nameCharsMax)}`;
        const name = canonical(`${key}.${member}`);
        take(path, name, structural(name) ? inner : wellFormed(inner, path));
      }
      continue;
    }
    // A dot in a top-level key belongs to the key; it does not reach into a group.
    const name = key.includes('.') ? null : canonical(key);
    // A name of ours is fit to be told as it is.
    const path = name === null ? quotable(key, nameCharsMax) : key;
    take(path, name, structural(name) ? value : wellFormed(value, path));
  }
}

/** Read by the endpoint, which also makes it well-formed; it may be megabytes. */
const structural = (name: string | null): boolean => name === null || name === 'input' || name === 'messages';

/** Header-safe and bounded, whatever names a client invents. */
export const listed = (names: ReadonlySet<string>): readonly string[] => {
  if (names.size === 0) return none;
  const safe = [...names].slice(0, limits.ignoredParamsMax).map((name) => name.replace(/[^\w.[\]-]/g, '_'));
  return names.size > limits.ignoredParamsMax ? [...safe, 'more'] : safe;
};

/** What the client wants to see beyond the default; members that name hosted tools ask for nothing here. */
export function readInclude(value: Json | undefined): ReadonlySet<Json> {
  const path = 'include';
  if (value === undefined) return nothingMore;
  if (!Array.isArray(value)) return refuse('invalid_request_error', `${path} must be an array of strings.`, path);
  for (const [i, member] of value.entries()) {
    if (typeof member === 'string' && includes.has(member)) continue;
    if (member === 'message.output_text.logprobs') {
      refuse('unsupported_value', `${path} has ${member}, but Codex tells no probabilities; leave it out.`, path);
    }
    const at = `${path}[${i}]`;
    refuse('unsupported_value', `${at} must be one of ${[...includes].join(', ')}.`, at);
  }
  return new Set(value);
}

function refuse(
  code: 'invalid_request_error' | 'unknown_parameter' | 'unsupported_parameter' | 'unsupported_value',
  message: string,
  param: string,
): never {
  throw new RequestError(code, message, param);
}
