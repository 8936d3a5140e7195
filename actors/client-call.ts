/**
 * A call as its client knows it: under the tool's own name, and of the kind that the client declared. The model's own words are
 * never changed; a name that belongs to no tool, and arguments that are not what was asked for, are the client's to judge.
 */

import type { ClientTool } from './terms.ts';
import type { TurnEvent } from './turn.ts';

type Requested = Extract<TurnEvent, { type: 'call.requested' }>;

export interface ClientCall extends Pick<ClientTool, 'kind' | 'name' | 'namespace'> {
  /** Arguments, or the input of a custom tool. */
  readonly text: string;
}

export function clientCall(event: Requested, tools: ReadonlyMap<string, ClientTool>): ClientCall {
  const { kind, name, arguments: text } = event;
  const { schemaName: _, ...tool }: ClientTool = tools.get(name) ?? { kind, name };
  if (kind === 'custom_tool_call') return { ...tool, kind, text };
  if (tool.kind === 'custom_tool_call') return { ...tool, text: inputIn(text) };
  // A call without arguments has the empty object.
  return { ...tool, text: text === '' ? '{}' : text };
}

/** What a custom tool is to read: the one argument of the function as which it was offered, or else all of them. */
function inputIn(text: string): string {
  try {
    const given: unknown = JSON.parse(text);
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return text;
    const members: readonly (readonly [string, unknown])[] = Object.entries(given);
    const [only] = members;
    return members.length === 1 && only?.[0] === 'input' && typeof only[1] === 'string' ? only[1] : text;
  } catch {
    return text;
  }
}
