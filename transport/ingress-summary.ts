/** What a request looks like: counts and shapes of it, never a word. Bounded, whatever it says. */

import type { Json, JsonObject } from '../actors/turn.ts';

const kindsMax = 10;
const kind = /^[\w.-]{1,32}$/;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

/** The different short words under that name. */
const kinds = (values: readonly Json[], name: string): readonly string[] => {
  const found = values.flatMap((value) => {
    const said = isObject(value) ? value[name] : undefined;
    return typeof said === 'string' && kind.test(said) ? [said] : [];
  });
  return [...new Set(found)].slice(0, kindsMax);
};

export function ingressSummary(body: Json): JsonObject {
  if (!isObject(body)) return { is_object: false };
  const { messages, input, tools, stream } = body;
  const items = listOf(messages ?? input);
  const parts = items.flatMap((item) => listOf(isObject(item) ? item['content'] : undefined));
  return {
    is_object: true,
    item_count: items.length,
    input_is_text: typeof input === 'string',
    message_roles: kinds(items, 'role'),
    item_types: kinds(items, 'type'),
    content_types: kinds(parts, 'type'),
    tool_count: listOf(tools).length,
    tool_types: kinds(listOf(tools), 'type'),
    has_instructions: typeof body['instructions'] === 'string',
    has_tool_choice: body['tool_choice'] !== undefined,
    has_functions: listOf(body['functions']).length > 0,
    has_previous_response: typeof body['previous_response_id'] === 'string',
    has_metadata: isObject(body['metadata']),
    stream: typeof stream === 'boolean' ? stream : null,
  };
}
