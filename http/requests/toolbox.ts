/**
 * The tools of a request in the three shapes that are needed: what the worker is offered, how its calls are named for the
 * client, and what the response object echoes.
 */

import { usualEcho } from '../../actors/head.ts';
import { type ClientTool, type Demand, noTerms, type TextTool } from '../../actors/terms.ts';
import type { DynamicTool, Json, JsonObject } from '../../actors/turn.ts';
import type { ParamsMode } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { listed, type Settings } from './settings.ts';
import { readToolChoice, type ToolChoice } from './tool-choice.ts';
import { ToolNames, type ToolRef } from './tool-names.ts';
import { type Declared, type DeclaredTool, readTools } from './tool-shapes.ts';

export interface Toolbox {
  readonly offered: readonly DynamicTool[];
  /** Name at the worker -> the client's tool. */
  readonly names: ReadonlyMap<string, ClientTool>;
  /** What may be called, each under its name at the worker. */
  readonly callable: readonly (TextTool & { readonly name: string })[];
  /** Nothing is to be called. */
  readonly isSilent: boolean;
  /** Of the calls in the client's history. */
  readonly callIds: ReadonlySet<string>;
  /** The client's history with the names that the worker knows. */
  readonly history: readonly JsonObject[];
  readonly echo: { readonly tools: readonly JsonObject[]; readonly choice: Json };
  /** What the model is told because the worker has no field for it. */
  readonly instruction: string | null;
  readonly demand: Demand | null;
  /** Paths of what is tolerated and has no effect. */
  readonly ignored: readonly string[];
}

export const noTools: Toolbox['echo'] = { tools: usualEcho.tools, choice: usualEcho.tool_choice };

/** Of a request without tools, and of a conversation without any: most of them. */
const empty: Omit<Toolbox, 'history'> = {
  offered: [],
  names: new Map(),
  callable: [],
  isSilent: false,
  callIds: new Set(),
  echo: noTools,
  instruction: null,
  demand: null,
  ignored: [],
};

const isBare = ({ values }: Settings, history: readonly JsonObject[]): boolean =>
  !values.has('tools') &&
  !values.has('functions') &&
  !values.has('tool_choice') &&
  !history.some((item) => isFurther(item) || isCall(item));

export function readToolbox(settings: Settings, mode: ParamsMode, history: readonly JsonObject[]): Toolbox {
  return isBare(settings, history) ? { ...empty, history } : readTooled(settings, mode, history);
}

/** The general way, which comes to the same where there is nothing. */
export function readTooled(settings: Settings, mode: ParamsMode, history: readonly JsonObject[]): Toolbox {
  const declared = readTools(settings, history.filter(isFurther));
  const path = settings.paths.get('tool_choice') ?? 'tool_choice';
  const choice = readToolChoice(settings.values.get('tool_choice'), path, declared);
  const calls = history.filter(isCall);
  const called = calls.map(refOf);
  const names = new ToolNames([...declared.tools, ...called]);
  const offered = choice.offered.map((tool) => ({
    name: names.of(tool),
    description: tool.description,
    inputSchema: tool.schema,
  }));
  return {
    offered,
    names: named(called, declared.tools, names),
    callable: choice.offered.map((tool) => {
      const { strict, schema } = tool;
      return { name: names.of(tool), tool: clientTool(tool), strict, schema };
    }),
    isSilent: choice.echo === 'none' || (declared.tools.length > 0 && choice.offered.length === 0),
    callIds: calls.length === 0 ? noTerms.callIds : new Set(calls.map((call) => textOf(call['call_id']))),
    history: history.filter((item) => !isFurther(item)).map((item) => (isCall(item) ? renamed(item, names) : item)),
    echo: { tools: declared.echo, choice: choice.echo },
    instruction: choice.demanded === null ? null : instructionFor(offered),
    demand: demandOf(choice, path),
    ignored: ignoredOf(declared, choice, path, mode),
  };
}

/** The terms of an answer are kept as long as it is open: most have no tools, and share their empty tables. */
function named(
  called: readonly ToolRef[],
  declared: readonly DeclaredTool[],
  names: ToolNames,
): ReadonlyMap<string, ClientTool> {
  if (called.length + declared.length === 0) return noTerms.tools;
  return new Map([
    ...called.map((tool): [string, ClientTool] => [names.of(tool), { kind: 'function_call', ...tool }]),
    ...declared.map((tool): [string, ClientTool] => [names.of(tool), clientTool(tool)]),
  ]);
}

function clientTool(declared: DeclaredTool): ClientTool {
  const { description: _, schema: __, strict: ___, ...tool } = declared;
  return tool;
}

const isFurther = (item: JsonObject): boolean => item['type'] === 'additional_tools';
const isCall = (item: JsonObject): boolean => item['type'] === 'function_call';

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

function refOf(call: JsonObject): ToolRef {
  const name = textOf(call['name']);
  const namespace = textOf(call['namespace']);
  return namespace === '' ? { name } : { name, namespace };
}

function renamed(call: JsonObject, names: ToolNames): JsonObject {
  const { namespace: _, ...rest } = call;
  return { ...rest, name: names.of(refOf(call)) };
}

const instructionFor = (offered: readonly DynamicTool[]): string => {
  const [only] = offered;
  const which = offered.length === 1 && only !== undefined ? `the tool ${only.name}` : 'at least one of the tools';
  return `In this answer you must call ${which}. An answer without such a call is not accepted.`;
};

const demandOf = ({ demanded, offered }: ToolChoice, param: string): Demand | null => {
  if (demanded === null) return null;
  return { kind: 'call', param, names: demanded === 'any' ? [] : offered.map(({ name }) => name) };
};

/** Hosted tools, which only the provider could run, and a choice of nothing but them. */
function ignoredOf({ hosted }: Declared, choice: ToolChoice, path: string, mode: ParamsMode): readonly string[] {
  const [first] = hosted;
  if (mode === 'strict' && first !== undefined) {
    const message = `${first.path} is a hosted tool, which cannot be offered here; leave it out.`;
    throw new RequestError('unsupported_parameter', message, first.path);
  }
  const paths = hosted.map((tool) => tool.path);
  return listed(new Set(choice.isIdle ? [...paths, path] : paths));
}
