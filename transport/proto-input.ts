/**
 * What one `codex proto` process is told: its arguments and its one line of input. Invariants: every text is one argument or
 * one JSON string, whatever is in it; the conversation keeps its order and nothing of it is left out silently.
 */

import type { Json, JsonObject, Turn } from '../actors/turn.ts';
import { encode } from './json.ts';

/** How the operator wants these processes to be. */
export interface ProtoSettings {
  readonly preferredAuthMethod: string;
  readonly sandbox: string;
  readonly approvalPolicy: string;
  readonly webSearch: boolean;
  /** Null: the CLI's own configuration decides. */
  readonly modelProvider: string | null;
}

/** All that such CLIs know; they end at once over any other. */
const efforts: Readonly<Record<string, string>> = { none: 'minimal', xhigh: 'high', max: 'high', ultra: 'high' };

const effortOf = ({ effort }: Turn): string | undefined =>
  effort !== undefined && Object.hasOwn(efforts, effort) ? efforts[effort] : effort;

/** A value is read as TOML or JSON, and a quoted string is the same in both. */
const pairs = (turn: Turn, settings: ProtoSettings): readonly (readonly [key: string, value: Json | undefined])[] => [
  ['preferred_auth_method', settings.preferredAuthMethod],
  ['project_doc_max_bytes', 0],
  ['history.persistence', 'none'],
  ['tools.web_search', settings.webSearch],
  ['sandbox_mode', settings.sandbox],
  ['approval_policy', settings.approvalPolicy],
  ['model', turn.model],
  ['model_provider', settings.modelProvider ?? undefined],
  ['parallel_tool_calls', turn.parallelCalls],
  // Which of the two is read depends on the age of the CLI.
  ['model_reasoning_effort', effortOf(turn)],
  ['reasoning.effort', effortOf(turn)],
  ['model_reasoning_summary', turn.summary],
  ['model_verbosity', turn.verbosity],
];

export const protoArguments = (turn: Turn, settings: ProtoSettings): readonly string[] => [
  'proto',
  ...pairs(turn, settings).flatMap(([key, value]) =>
    value === undefined
      ? []
      : ['--config', `${key}=${encode(typeof value === 'string' ? value.replaceAll('\0', '') : value)}`],
  ),
];

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const texts: ReadonlySet<Json | undefined> = new Set(['input_text', 'output_text', 'text', 'refusal']);

/** Images have a place of their own in the line; here it is only said where they were. */
const partText = (part: Json): string => {
  if (typeof part === 'string') return part;
  if (!isObject(part)) return '';
  if (texts.has(part['type'])) return textOf(part['text'] ?? part['refusal']);
  if (part['type'] === 'input_image') {
    const address = textOf(part['image_url']);
    return address.startsWith('data:') ? '[image]' : `[image:${address}]`;
  }
  return JSON.stringify(part);
};

const contentText = (content: Json | undefined): string => {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? (content as readonly Json[]).map(partText).join('') : '';
};

/** Undefined: an item that says nothing to anybody but the provider that made it. */
const itemText = (item: JsonObject): string | undefined => {
  const id = textOf(item['call_id']);
  switch (item['type']) {
    case 'message':
      return `[${textOf(item['role'])}] ${contentText(item['content'])}`;
    case 'function_call':
    case 'custom_tool_call':
      return `[assistant] ${id}: ${textOf(item['name'])} ${textOf(item['arguments'] ?? item['input'])}`;
    case 'function_call_output':
    case 'custom_tool_call_output':
      return `[tool] ${id}: ${contentText(item['output'])}`;
    case 'reasoning':
      return undefined;
    default:
      return `[assistant] ${JSON.stringify(item)}`;
  }
};

const schemaText = ({ outputSchema }: Turn): readonly string[] =>
  outputSchema === undefined
    ? []
    : [`[developer] Answer with nothing but JSON by this schema: ${JSON.stringify(outputSchema)}`];

/** The conversation as the lines that such a CLI takes for one message of its user. */
export const protoTranscript = (turn: Turn): string =>
  [...turn.items.map(itemText).filter((text) => text !== undefined), ...schemaText(turn)].join('\n');

const imagesOf = (item: JsonObject): readonly JsonObject[] =>
  [item['content'], item['output']]
    .flat()
    .filter((part): part is JsonObject => isObject(part) && part['type'] === 'input_image')
    .map((part) => ({ type: 'image', image_url: part['image_url'] ?? '' }));

/** The line, with its end. */
export const protoLine = (turn: Turn): string => {
  const items = [{ type: 'text', text: protoTranscript(turn) }, ...turn.items.flatMap(imagesOf)];
  return `${encode({ id: '1', op: { type: 'user_input', items } })}\n`;
};

/** Whatever the CLI asks for permission to do: no. Null: it is not such a question. */
export const protoRefusal = (type: string, id: string): string | null => {
  const question = /^(exec|apply_patch)_approval_request$/u.exec(type)?.[1];
  if (question === undefined) return null;
  const op = { type: question === 'exec' ? 'exec_approval' : 'patch_approval', id, decision: 'denied' };
  return `${encode({ id: '2', op })}\n`;
};
