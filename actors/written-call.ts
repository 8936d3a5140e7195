/**
 * What a block in the text of a model is: a call of one of the client's tools, or nothing but text. Invariant: a call that is told
 * names a tool that the client has declared, where it has declared any, and its arguments are JSON.
 */

import { type ClientCall, clientCall } from './client-call.ts';
import { misfit, typed } from './strict-arguments.ts';
import type { OutputTerms, TextTool } from './terms.ts';
import { callIn, canonicalBlock, nameIn, type WrittenCall } from './tool-block.ts';
import type { Tag } from './tool-text.ts';
import type { Json, JsonObject } from './turn.ts';

export type Written =
  | { readonly type: 'call'; readonly call: ClientCall; readonly block: string }
  | { readonly type: 'text' }
  /** A strict tool with arguments that it does not take. */
  | { readonly type: 'invalid'; readonly message: string };

const asText: Written = { type: 'text' };

export function writtenCall(text: string, tag: Tag, { textTools }: OutputTerms): Written {
  const written = callIn(text, tag);
  if (written === null) {
    const name = nameIn(text);
    return name !== null && textTools.get(name)?.strict === true ? invalid(name, 'they are not JSON') : asText;
  }
  const known = textTools.get(written.name);
  if (known === undefined && (textTools.size > 0 || tag === 'tool_call')) return asText;
  const input = inputOf(written, known);
  if (input === undefined) return known?.strict === true ? invalid(written.name, 'they are not JSON') : asText;
  const problem = known?.strict === true ? misfit(input, known.schema) : null;
  if (problem !== null) return invalid(written.name, problem);
  const name = known?.tool.name ?? written.name;
  const kept = written.untyped ? JSON.stringify(input) : written.arguments;
  const told = { type: 'call.requested', item: '', kind: 'function_call', callId: '', name, arguments: kept } as const;
  const tools = known === undefined ? new Map() : new Map([[name, known.tool]]);
  const call = clientCall(told, tools);
  return { type: 'call', call, block: tag === 'use_tool' ? text : canonicalBlock(call.name, call.text) };
}

/** Undefined: not JSON. */
function inputOf({ arguments: text, untyped }: WrittenCall, known: TextTool | undefined): Json | undefined {
  try {
    const value = JSON.parse(text === '' ? '{}' : text) as Json;
    return untyped && known !== undefined ? typed(value as JsonObject, known.schema) : value;
  } catch {
    return undefined;
  }
}

const invalid = (name: string, problem: string): Written => ({
  type: 'invalid',
  message: `The model called the strict tool ${name} with arguments that it does not take: ${problem}.`,
});
