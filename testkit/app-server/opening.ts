/**
 * `thread/start`: which settings make a thread, and which are refused. Invariant: a refused request leaves no thread.
 */
import { readModelRequest } from '../provider/request.ts';
import { invalid } from './lines.ts';
import type { Json, JsonObject, Refusal } from './lines.ts';
import { configComplaint } from './requests.ts';
import { asObject, asString } from './serde.ts';
import { createThread } from './thread.ts';
import type { Thread, ThreadFrame } from './thread.ts';
import { acceptTools } from './tools.ts';

interface Around {
  readonly id: string;
  readonly nowMs: number;
  readonly cwd: string;
  readonly client: { readonly name: string };
  readonly models: readonly JsonObject[];
}

export type Opening =
  | { readonly refusal: Refusal }
  | { readonly thread: Thread; readonly frame: ThreadFrame; readonly warning: string | null };

const tiers = ['', 'default', 'flex', 'priority', 'fast'];

/** The tools in the shape in which the provider would be sent them. */
const offered = (tools: readonly Json[]): readonly Json[] =>
  tools.map((entry) => {
    const { type, name, inputSchema, tools: members } = asObject(entry) as { readonly [member: string]: Json };
    if (type === 'namespace') return { type, name: name ?? '', tools: offered(Array.isArray(members) ? members : []) };
    return { type: 'function', name: name ?? '', parameters: inputSchema ?? {} };
  });

export function openThread({ id, nowMs, cwd, client, models }: Around, params: JsonObject): Opening {
  const tools = Array.isArray(params['dynamicTools']) ? (params['dynamicTools'] as readonly Json[]) : [];
  const config = configComplaint(asObject(params['config']));
  if (config !== null) return { refusal: invalid(`failed to load configuration: ${config}`) };
  const accepted = acceptTools(tools);
  if ('complaint' in accepted) return { refusal: invalid(accepted.complaint) };
  const model = asString(params['model']) || asString(models[0]?.['slug']);
  const thread = createThread({
    id,
    model,
    raw: params['experimentalRawEvents'] === true,
    tools: readModelRequest({ tools: offered(tools) }).tools,
    toolNames: accepted.names,
    createdAtMs: nowMs,
  });
  const environments = Array.isArray(params['environments'])
    ? []
    : [{ environmentId: 'local', cwd, runtimeWorkspaceRoots: [cwd] }];
  const tier = asString(params['serviceTier']);
  const advertised = tiers.includes(tier);
  const warning = `Configured service tier \`${tier}\` is not advertised as supported for model \`${model}\` and will be omitted from requests.`;
  return {
    thread,
    frame: { originator: client.name, cwd, environments, serviceTier: advertised && tier !== '' ? tier : null },
    warning: advertised ? null : warning,
  };
}
