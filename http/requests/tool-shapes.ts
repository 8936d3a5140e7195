/**
 * The client's `tools`, flat or nested, and its legacy `functions`, as the rest of the toolbox works with them. Every tool is
 * read: offered to the model, tolerated because no client can help sending it, or refused with its exact path.
 */

import * as z from 'zod';
import type { ClientTool } from '../../actors/terms.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import { limits } from '../limits.ts';
import { RequestError } from '../request-error.ts';
import type { Settings } from './settings.ts';
import { aBoolean, aString, check, oneOf } from './shape.ts';
import { isAbsent, isObject, quotable } from './well-formed.ts';

export interface DeclaredTool extends ClientTool {
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly schema: JsonObject;
}

/** What only the provider could run. */
export interface HostedTool {
  readonly type: string;
  readonly path: string;
}

export interface Declared {
  readonly tools: readonly DeclaredTool[];
  readonly hosted: readonly HostedTool[];
  readonly echo: readonly JsonObject[];
}

const hostedTypes =
  /^(?:web_search|computer)(?:_\w{1,40})?$|^(?:file_search|code_interpreter|mcp|shell|local_shell|apply_patch|image_generation|tool_search)$/;
export const isHosted = (type: string): boolean => hostedTypes.test(type);

/** A custom tool is offered as a function with one argument, from which `actors/client-call.ts` takes the input again. */
const inputSchema: JsonObject = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The input of the tool, as plain text.' } },
  required: ['input'],
  additionalProperties: false,
};
const noArguments: JsonObject = { type: 'object', properties: {} };

const nameRule = { error: 'must be a string of 1 to 64 letters, digits, underscores and dashes' };
const aToolName = z.string(nameRule).regex(/^[A-Za-z0-9_-]{1,64}$/, nameRule);

const invalid = (message: string, param: string): never => {
  throw new RequestError('invalid_request_error', message, param);
};

interface Reading {
  readonly tools: DeclaredTool[];
  readonly hosted: HostedTool[];
  /** Namespace and name of each tool. */
  readonly names: Set<string>;
  bytes: number;
}

/** Where a tool's members are. */
interface Body {
  readonly members: JsonObject;
  readonly at: string;
  readonly namespace?: { readonly name: string; readonly description: string };
}

export function readTools(settings: Settings): Declared {
  const reading: Reading = { tools: [], hosted: [], names: new Set(), bytes: 0 };
  const functions = listOf(settings, 'functions').map((tool, i) => {
    const at = `functions[${i}]`;
    return readFunction({ members: objectAt(tool, at), at }, reading);
  });
  const tools = listOf(settings, 'tools').map((tool, i) => readTool(objectAt(tool, `tools[${i}]`), i, reading));
  return { tools: reading.tools, hosted: reading.hosted, echo: [...functions, ...tools] };
}

function listOf(settings: Settings, field: string): readonly Json[] {
  const list = settings.values.get(field) ?? [];
  return Array.isArray(list) ? bounded(list, field) : invalid(`${field} must be an array.`, field);
}

const bounded = (list: readonly Json[], path: string): readonly Json[] =>
  list.length <= limits.toolsMax ? list : invalid(`${path} must have at most ${limits.toolsMax} members.`, path);

const objectAt = (value: Json | undefined, path: string): JsonObject =>
  isObject(value) ? value : invalid(`${path} must be an object.`, path);

function readTool(tool: JsonObject, index: number, reading: Reading): JsonObject {
  const path = `tools[${index}]`;
  const type = tool['type'];
  if (type === 'namespace') return readNamespace(tool, path, reading);
  if (typeof type !== 'string' || !isHosted(type)) return readOwn(tool, path, reading);
  reading.hosted.push({ type, path });
  // What opens a server is for the server; the rest is echoed as it came.
  const { authorization: _, headers: __, ...shown } = tool;
  return shown;
}

/** A tool that the client runs. */
function readOwn(tool: JsonObject, path: string, reading: Reading, namespace?: Body['namespace']): JsonObject {
  const { type } = tool;
  if (type !== 'function' && type !== 'custom') {
    const shown = typeof type === 'string' ? ` ${quotable(type, 64)}` : '';
    const message = `${path}.type${shown} is not a known tool; send function, custom, namespace or a hosted tool.`;
    return invalid(message, `${path}.type`);
  }
  const nested = tool[type];
  const isFlat = isAbsent(nested) && 'name' in tool;
  const at = isFlat ? path : `${path}.${type}`;
  const body = {
    members: isFlat ? tool : objectAt(nested ?? {}, at),
    at,
    ...(namespace === undefined ? {} : { namespace }),
  };
  return type === 'function' ? readFunction(body, reading) : readCustom(body, reading);
}

function readNamespace(tool: JsonObject, path: string, reading: Reading): JsonObject {
  const name = check(aToolName, tool['name'], `${path}.name`);
  const description = readDescription(tool, path);
  const members = tool['tools'];
  if (!Array.isArray(members)) return invalid(`${path}.tools must be an array.`, `${path}.tools`);
  const tools = bounded(members, `${path}.tools`).map((member, i) => {
    const at = `${path}.tools[${i}]`;
    return readOwn(objectAt(member, at), at, reading, { name, description: description ?? '' });
  });
  return { type: 'namespace', name, ...(description === null ? {} : { description }), tools };
}

function readFunction(body: Body, reading: Reading): JsonObject {
  const { members, at } = body;
  const name = check(aToolName, members['name'], `${at}.name`);
  const description = readDescription(members, at);
  const given = members['parameters'];
  const parameters = isAbsent(given) ? null : objectAt(given, `${at}.parameters`);
  const strict = isAbsent(members['strict']) ? null : check(aBoolean, members['strict'], `${at}.strict`);
  const schema = { schema: parameters ?? noArguments, schemaName: `${at}.parameters` };
  keep({ kind: 'function_call', name, description: description ?? '', ...schema }, body, reading);
  return { type: 'function', name, description, parameters, strict };
}

function readCustom(body: Body, reading: Reading): JsonObject {
  const { members, at } = body;
  const name = check(aToolName, members['name'], `${at}.name`);
  const description = readDescription(members, at);
  const format = isAbsent(members['format']) ? {} : objectAt(members['format'], `${at}.format`);
  const type = check(oneOf('text', 'grammar'), format['type'] ?? 'text', `${at}.format.type`);
  if (type === 'grammar') {
    const param = `${at}.format.type`;
    throw new RequestError('unsupported_value', `${param}: no grammar can be enforced; send text.`, param);
  }
  keep({ kind: 'custom_tool_call', name, description: description ?? '', schema: inputSchema }, body, reading);
  return { type: 'custom', name, ...(description === null ? {} : { description }), format: { type } };
}

const readDescription = (members: JsonObject, at: string): string | null =>
  isAbsent(members['description']) ? null : check(aString, members['description'], `${at}.description`);

function keep(tool: DeclaredTool, { at, namespace }: Body, reading: Reading): void {
  const { toolsMax, toolsBytesMax } = limits;
  const key = `${namespace?.name ?? ''} ${tool.name}`;
  if (reading.names.has(key))
    invalid(`${at}.name ${tool.name} is declared twice; give each tool its own name.`, `${at}.name`);
  reading.names.add(key);
  // The model never sees a namespace as such: what is said of it is said of each member.
  const description = [namespace?.description ?? '', tool.description].filter((text) => text !== '').join('\n\n');
  const whole = { ...tool, description, ...(namespace === undefined ? {} : { namespace: namespace.name }) };
  reading.tools.push(whole);
  reading.bytes += Buffer.byteLength(JSON.stringify(whole));
  if (reading.tools.length > toolsMax) invalid(`${at}: a request has at most ${toolsMax} tools.`, at);
  if (reading.bytes > toolsBytesMax) invalid(`${at}: the tools of a request have at most ${toolsBytesMax} bytes.`, at);
}
