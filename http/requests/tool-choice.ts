/**
 * `tool_choice` in all its forms. A worker always chooses freely: none and a subset are had by what is offered to it; a demand
 * for a call by offering nothing else, by telling the model, and by looking at the answer.
 */

import type { Json, JsonObject } from '../../actors/turn.ts';
import { limits } from '../limits.ts';
import { invalid } from '../request-error.ts';
import { aString, check, oneOf } from './shape.ts';
import { type Declared, type DeclaredTool, isHosted } from './tool-shapes.ts';
import { isAbsent, isObject } from './well-formed.ts';

export interface ToolChoice {
  /** In the flat form. */
  readonly echo: Json;
  readonly offered: readonly DeclaredTool[];
  /** Which tools must be called: one of those offered, or whatever the model calls. Null: it need not call. */
  readonly demanded: 'offered' | 'any' | null;
  /** It names hosted tools only, which nobody can call. */
  readonly isIdle: boolean;
}

export function readToolChoice(value: Json | undefined, path: string, declared: Declared): ToolChoice {
  const { tools } = declared;
  const free: ToolChoice = { echo: 'auto', offered: tools, demanded: null, isIdle: false };
  if (value === undefined || value === 'auto') return free;
  if (value === 'none') return { ...free, echo: 'none', offered: [] };
  if (value === 'required') {
    if (tools.length > 0) return { ...free, echo: 'required', demanded: 'any' };
    return invalid(`${path} is required, but the request declares no tool that can be called; send auto.`, path);
  }
  if (!isObject(value)) return invalid(`${path} must be auto, none, required or an object that names a tool.`, path);
  if (value['type'] === 'allowed_tools') return readAllowed(value, path, declared);
  const { echo, named } = readReference(value, path, declared);
  return { echo, offered: named, ...demandOf(named, true) };
}

const demandOf = (named: readonly DeclaredTool[], required: boolean): Pick<ToolChoice, 'demanded' | 'isIdle'> => ({
  demanded: required && named.length > 0 ? 'offered' : null,
  isIdle: named.length === 0,
});

function readAllowed(value: JsonObject, path: string, declared: Declared): ToolChoice {
  const nested = value['allowed_tools'];
  const [body, at] = isObject(nested) ? [nested, `${path}.allowed_tools`] : [value, path];
  const mode = check(oneOf('auto', 'required'), body['mode'] ?? 'auto', `${at}.mode`);
  const list = body['tools'];
  if (!Array.isArray(list) || list.length === 0)
    return invalid(`${at}.tools must be a non-empty array.`, `${at}.tools`);
  if (list.length > limits.toolsMax)
    return invalid(`${at}.tools must have at most ${limits.toolsMax} members.`, `${at}.tools`);
  const references = list.map((one: Json, i) => {
    const place = `${at}.tools[${i}]`;
    return isObject(one) ? readReference(one, place, declared) : invalid(`${place} must be an object.`, place);
  });
  const named = new Set(references.flatMap((reference) => reference.named));
  const offered = declared.tools.filter((tool) => named.has(tool));
  const echo = { type: 'allowed_tools', mode, tools: references.map((reference) => reference.echo) };
  return { echo, offered, ...demandOf(offered, mode === 'required') };
}

interface Reference {
  readonly echo: JsonObject;
  readonly named: readonly DeclaredTool[];
}

/** One tool, flat or nested; the legacy form has no type. */
function readReference(value: JsonObject, path: string, declared: Declared): Reference {
  const type = value['type'] ?? 'function';
  if (type === 'function' || type === 'custom') return readOwn(value, type, path, declared);
  if (typeof type !== 'string' || !isHosted(type)) {
    return invalid(`${path}.type must be function, custom, allowed_tools or a hosted tool.`, `${path}.type`);
  }
  if (declared.hosted.some((tool) => tool.type === type)) return { echo: value, named: [] };
  return invalid(`${path}.type names a tool that the request does not declare; send auto.`, `${path}.type`);
}

function readOwn(value: JsonObject, type: 'function' | 'custom', path: string, { tools }: Declared): Reference {
  const nested = value[type];
  const isFlat = isAbsent(nested) && 'name' in value;
  const at = isFlat ? path : `${path}.${type}`;
  const body = isFlat ? value : isObject(nested) ? nested : {};
  const name = check(aString, body['name'], `${at}.name`);
  const namespace = isAbsent(body['namespace']) ? null : check(aString, body['namespace'], `${at}.namespace`);
  const kind = type === 'function' ? 'function_call' : 'custom_tool_call';
  const named = tools.filter(
    (tool) => tool.kind === kind && tool.name === name && (namespace === null || tool.namespace === namespace),
  );
  if (named.length === 0) {
    return invalid(`${at}.name names a tool that the request does not declare; send auto.`, `${at}.name`);
  }
  return { echo: { type, name, ...(namespace === null ? {} : { namespace }) }, named };
}
