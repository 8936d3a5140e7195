/**
 * The client's `tools`, flat or nested, and its legacy `functions`, as the rest of the toolbox works with them. Every tool is
 * read: offered to the model, tolerated because no client can help sending it, or refused with its exact path.
 */

import * as z from 'zod';
import type { ClientTool } from '../../actors/terms.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import { limits } from '../limits.ts';
import { RequestError, invalid } from '../request-error.ts';
import { bodyPath, inBody } from './previous.ts';
import type { Settings } from './settings.ts';
import { aBoolean, aString, check, oneOf } from './shape.ts';
import { isAbsent, isObject, quotable } from './well-formed.ts';

export interface DeclaredTool extends ClientTool {
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly schema: JsonObject;
  readonly strict: boolean;
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

interface Reading {
  readonly tools: DeclaredTool[];
  readonly hosted: HostedTool[];
  /** Namespace and name of each tool, and what it is; of a hosted one only that. */
  readonly known: Map<string, string>;
  /** Tools may be said again in an item of the conversation. */
  isItem: boolean;
  /** Members of all lists that were read, repeats among them: reading them is what costs. */
  members: number;
  bytes: number;
}

/** Where a tool's members are. */
interface Body {
  readonly members: JsonObject;
  readonly at: string;
  readonly namespace?: { readonly name: string; readonly description: string };
}

/** `items`: those of the conversation that bring further tools, each with its path. */
export function readTools(settings: Settings, items: readonly JsonObject[]): Declared {
  const reading: Reading = { tools: [], hosted: [], known: new Map(), isItem: false, members: 0, bytes: 0 };
  const given = (field: string): Json => settings.values.get(field) ?? [];
  const echo = each(given('functions'), 'functions', reading, (members, at) => readFunction({ members, at }, reading));
  const readAll = (list: Json, path: string): void => {
    echo.push(...each(list, path, reading, (tool, at) => readTool(tool, at, reading)));
  };
  readAll(given('tools'), 'tools');
  reading.isItem = true;
  // A conversation that goes on says the same list once more in each turn.
  const lists = new Set<string>();
  for (const { tools = [], path } of items) {
    const list = JSON.stringify(tools);
    if (!lists.has(list)) inBody(() => readAll(tools, typeof path === 'string' ? path : 'input'));
    lists.add(list);
  }
  return { tools: reading.tools, hosted: reading.hosted, echo };
}

/** As it is echoed; null: an item of the conversation only says again what is known. */
type Shown = JsonObject | null;
type Reader = (tool: JsonObject, path: string) => Shown;

function each(list: Json | undefined, path: string, reading: Reading, read: Reader): JsonObject[] {
  if (!Array.isArray(list)) return invalid(`${path} must be an array.`, path);
  reading.members += list.length;
  if (reading.members > limits.toolsMax) {
    return invalid(`${path}: a request has at most ${limits.toolsMax} tools, namespaces and repeats included.`, path);
  }
  return list
    .map((tool: Json, i) => read(objectAt(tool, `${path}[${i}]`), `${path}[${i}]`))
    .filter((shown) => shown !== null);
}

const objectAt = (value: Json | undefined, path: string): JsonObject =>
  isObject(value) ? value : invalid(`${path} must be an object.`, path);

function readTool(tool: JsonObject, path: string, reading: Reading): Shown {
  const type = tool['type'];
  if (type === 'namespace') return readNamespace(tool, path, reading);
  return typeof type === 'string' && isHosted(type)
    ? readHosted(tool, type, path, reading)
    : readOwn(tool, path, reading);
}

function readHosted(tool: JsonObject, type: string, path: string, reading: Reading): Shown {
  // What opens a server is for the server; the rest is echoed as it came.
  const { authorization: _, headers: __, ...rest } = tool;
  const url = rest['server_url'];
  const shown = typeof url === 'string' ? { ...rest, server_url: url.replace(/\/\/[^/?#]*@/, '//') } : rest;
  const said = JSON.stringify(shown);
  if (reading.isItem && reading.known.has(said)) return null;
  reading.known.set(said, said);
  reading.hosted.push({ type, path: bodyPath(path) });
  charge(Buffer.byteLength(said), path, reading);
  return shown;
}

/** A tool that the client runs. */
function readOwn(tool: JsonObject, path: string, reading: Reading, namespace?: Body['namespace']): Shown {
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

function readNamespace(tool: JsonObject, path: string, reading: Reading): Shown {
  const name = check(aToolName, tool['name'], `${path}.name`);
  const description = readDescription(tool, path);
  const namespace = { name, description: description ?? '' };
  const tools = each(tool['tools'], `${path}.tools`, reading, (member, at) => readOwn(member, at, reading, namespace));
  if (reading.isItem && tools.length === 0) return null;
  return { type: 'namespace', name, ...(description === null ? {} : { description }), tools };
}

function readFunction(body: Body, reading: Reading): Shown {
  const { members, at } = body;
  const name = check(aToolName, members['name'], `${at}.name`);
  const description = readDescription(members, at);
  const given = members['parameters'];
  const parameters = isAbsent(given) ? null : objectAt(given, `${at}.parameters`);
  const strict = isAbsent(members['strict']) ? null : check(aBoolean, members['strict'], `${at}.strict`);
  const schema = { schema: parameters ?? noArguments, schemaName: bodyPath(`${at}.parameters`) };
  const isNew = keep(
    { kind: 'function_call', name, description: description ?? '', strict: strict === true, ...schema },
    body,
    reading,
  );
  return isNew ? { type: 'function', name, description, parameters, strict } : null;
}

function readCustom(body: Body, reading: Reading): Shown {
  const { members, at } = body;
  const name = check(aToolName, members['name'], `${at}.name`);
  const description = readDescription(members, at);
  const format = isAbsent(members['format']) ? {} : objectAt(members['format'], `${at}.format`);
  const type = check(oneOf('text', 'grammar'), format['type'] ?? 'text', `${at}.format.type`);
  if (type === 'grammar') {
    const param = `${at}.format.type`;
    throw new RequestError('unsupported_value', `${param}: no grammar can be enforced; send text.`, param);
  }
  const described = { name, description: description ?? '', schema: inputSchema, strict: false };
  const tool = { kind: 'custom_tool_call', ...described } as const;
  if (!keep(tool, body, reading)) return null;
  return { type: 'custom', name, ...(description === null ? {} : { description }), format: { type } };
}

const readDescription = (members: JsonObject, at: string): string | null =>
  isAbsent(members['description']) ? null : check(aString, members['description'], `${at}.description`);

/** False: it is only said again. */
function keep(tool: DeclaredTool, { at, namespace }: Body, reading: Reading): boolean {
  const key = `${namespace?.name ?? ''} ${tool.name}`;
  // The model never sees a namespace as such: what is said of it is said of each member.
  const description = [namespace?.description ?? '', tool.description].filter((text) => text !== '').join('\n\n');
  const said = JSON.stringify([tool.kind, description, tool.schema]);
  const before = reading.known.get(key);
  if (reading.isItem && before === said) return false;
  if (before !== undefined) {
    invalid(`${at}.name ${tool.name} is declared twice; give each tool its own name.`, `${at}.name`);
  }
  reading.known.set(key, said);
  reading.tools.push({ ...tool, description, ...(namespace === undefined ? {} : { namespace: namespace.name }) });
  charge(Buffer.byteLength(said) + tool.name.length, at, reading);
  return true;
}

function charge(bytes: number, at: string, reading: Reading): void {
  const { toolsBytesMax } = limits;
  reading.bytes += bytes;
  if (reading.bytes > toolsBytesMax) invalid(`${at}: the tools of a request have at most ${toolsBytesMax} bytes.`, at);
}
