/**
 * The rules for `dynamicTools`. Invariant: a tool that is accepted here is one that the real binary accepts, and the
 * refusal is in its words.
 */
import { asObject, asString, boolean, isObject, missing, oneOf, optional, shaped, string, wrongType } from './serde.ts';
import type { Check } from './serde.ts';

const functionTool = shaped({
  members: { name: string, description: string, deferLoading: optional(boolean) },
  required: ['name', 'description', 'inputSchema'],
});
const namespaceTool = shaped({ members: { name: string, tools: optional(() => null) }, required: ['name', 'tools'] });
const kind = oneOf('function', 'namespace');

/** Shape of one entry, judged while the request is parsed. */
export const tool: Check = (value) => {
  if (!isObject(value)) return wrongType(value, 'a map');
  const type = value['type'];
  if (type !== undefined) {
    const complaint = kind(type);
    if (complaint !== null) return complaint;
  }
  if (type === 'namespace') return namespaceTool(value);
  const complaint = functionTool(value);
  return complaint === missing('inputSchema') && value['inputSchema'] !== undefined ? null : complaint;
};

/** `exec_command` and `shell_command` are taken and then lost without a word. */
const swallowed = new Set(['exec_command', 'shell_command']);

function nameComplaint(name: string): string | null {
  if (name.trim() === '') return 'dynamic tool name must not be empty';
  if (name.trim() !== name) return `dynamic tool name has leading/trailing whitespace: ${name}`;
  if (!/^[a-zA-Z0-9_-]+$/.test(name))
    return `dynamic tool name must match ^[a-zA-Z0-9_-]+$ to match Responses API: ${name}`;
  if (name.length > 128) return `dynamic tool name must be at most 128 characters to match Responses API: ${name}`;
  if (name === 'mcp' || name.startsWith('mcp__')) return `dynamic tool name is reserved: ${name}`;
  return null;
}

export type Tools = { readonly names: ReadonlySet<string> } | { readonly complaint: string };

/** The names that the model may call, or the first complaint. */
export function acceptTools(tools: readonly unknown[]): Tools {
  const names = new Set<string>();
  for (const entry of tools) {
    const {
      type,
      name: given,
      tools: members,
      inputSchema: schema,
      deferLoading,
    } = asObject(entry) as {
      readonly [member: string]: unknown;
    };
    const name = asString(given);
    if (type === 'namespace') {
      for (const member of Array.isArray(members) ? members : [])
        names.add(`${name}/${asString(asObject(member)['name'])}`);
      continue;
    }
    const complaint = nameComplaint(name);
    if (complaint !== null) return { complaint };
    if (names.has(name)) return { complaint: `duplicate dynamic tool name: ${name}` };
    if (deferLoading === true) return { complaint: `deferred dynamic tool must include a namespace: ${name}` };
    if (!isObject(schema) && typeof schema !== 'boolean') {
      const found = schema === null ? 'null' : Array.isArray(schema) ? 'sequence' : typeof schema;
      return {
        complaint: `dynamic tool input schema is not supported for ${name}: invalid type: ${found}, expected struct JsonSchema`,
      };
    }
    names.add(name);
  }
  return { names: new Set([...names].filter((name) => !swallowed.has(name))) };
}
