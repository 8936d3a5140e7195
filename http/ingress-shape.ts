/** What the log tells of a request to `/v1/responses`: counts and shapes, never a word, and no name that its client has chosen. */

import type { LogFacts } from '../actors/log-events.ts';
import type { Json, JsonObject } from '../actors/turn.ts';
import { isAbsent, isObject } from './requests/well-formed.ts';

const kindsMax = 10;
const none: readonly string[] = [];

/** Words of the protocol, as far as they look like it; what else stands there may be anything. */
const kinds = (values: readonly (Json | undefined)[]): readonly string[] => {
  if (values.length === 0) return none;
  const all = values.map((value) => (typeof value === 'string' && known.has(value) ? value : 'other'));
  return [...new Set(all)].sort().slice(0, kindsMax);
};

const known: ReadonlySet<string> = new Set(
  (
    'user assistant system developer tool message reasoning function_call function_call_output custom_tool_call ' +
    'custom_tool_call_output item_reference computer_call computer_call_output web_search_call file_search_call ' +
    'local_shell_call local_shell_call_output mcp_call mcp_list_tools image_generation_call code_interpreter_call ' +
    'tool_output additional_tools compaction function custom web_search web_search_preview file_search mcp ' +
    'computer_use_preview code_interpreter image_generation local_shell shell apply_patch'
  ).split(' '),
);

const objects = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];

const toolShape = (tools: Json | undefined) => {
  const all = objects(tools);
  return { has_tools: all.length > 0, tool_count: all.length, tool_types: kinds(all.map(({ type }) => type)) };
};

export function ingressShape(body: JsonObject): LogFacts<'responses_ingress_raw'> {
  const { input, metadata } = body;
  const items = objects(input);
  // `type` is optional with messages.
  const messages = items.filter(({ type, role }) => type === 'message' || (isAbsent(type) && typeof role === 'string'));
  return {
    endpoint_mode: 'responses',
    has_input: !isAbsent(input),
    has_messages: objects(body['messages']).length > 0,
    has_instructions: typeof body['instructions'] === 'string' && body['instructions'] !== '',
    has_metadata: isObject(metadata) && Object.keys(metadata).length > 0,
    has_tool_choice: !isAbsent(body['tool_choice']),
    has_previous_response_id: !isAbsent(body['previous_response_id']),
    input_is_array: Array.isArray(input),
    input_item_count: Array.isArray(input) ? input.length : null,
    input_item_types: kinds(items.map(({ type }) => type ?? 'message')),
    input_message_count: messages.length,
    input_message_roles: kinds(messages.map(({ role }) => role)),
    input_text_bytes: typeof input === 'string' ? Buffer.byteLength(input) : null,
    metadata_key_count: isObject(metadata) ? Object.keys(metadata).length : 0,
    ...toolShape(body['tools']),
  };
}
