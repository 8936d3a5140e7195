/**
 * Injected items: what is refused, and what the echo of an accepted one looks like. Invariant: the echo has the member
 * order of the real binary, unknown members are lost, unknown types become `{"type":"other"}`.
 */
import type { Json, JsonObject } from './lines.ts';
import {
  anything,
  asObject,
  asString,
  each,
  isObject,
  missing,
  oneOf,
  optional,
  sequence,
  shaped,
  string,
} from './serde.ts';
import type { Check } from './serde.ts';
import { variant, wrongType } from './serde.ts';

const partTypes = ['input_text', 'input_image', 'input_audio', 'output_text'];
const textPart = shaped({ members: { text: string }, required: ['text'] });

const part: Check = (value) => {
  if (!isObject(value)) return wrongType(value, 'internally tagged enum ContentItem');
  const type = value['type'];
  if (type === undefined) return missing('type');
  if (typeof type !== 'string' || !partTypes.includes(type))
    return variant(typeof type === 'string' ? type : JSON.stringify(type), partTypes);
  if (type === 'input_image' && typeof (value['image_url'] ?? value['file_id']) !== 'string')
    return 'data did not match any variant of untagged enum ImageReference';
  if (type === 'input_audio' && typeof (value['audio_url'] ?? value['file_id']) !== 'string')
    return 'data did not match any variant of untagged enum AudioReference';
  return type === 'input_text' || type === 'output_text' ? textPart(value) : null;
};

const outputParts = ['input_text', 'input_image'];
const output: Check = (value) => {
  const fits =
    typeof value === 'string' ||
    (Array.isArray(value) && value.every((piece) => outputParts.includes(asString(asObject(piece)['type']))));
  return fits ? null : 'data did not match any variant of untagged enum FunctionCallOutputBody';
};

const checks: { readonly [type: string]: Check } = {
  message: shaped({
    members: {
      role: string,
      content: each(part),
      phase: optional(oneOf('commentary', 'partial_answer', 'final_answer')),
    },
    required: ['role', 'content'],
  }),
  reasoning: shaped({ members: { summary: sequence, encrypted_content: optional(string) }, required: ['summary'] }),
  function_call: shaped({
    members: { name: string, arguments: string, call_id: string, namespace: optional(string) },
    required: ['name', 'arguments', 'call_id'],
  }),
  function_call_output: shaped({ members: { call_id: optional(string), output }, required: ['output'] }),
  custom_tool_call: shaped({
    members: { call_id: string, name: string, input: string },
    required: ['call_id', 'name', 'input'],
  }),
  custom_tool_call_output: shaped({ members: { call_id: optional(string), output }, required: ['output'] }),
  web_search_call: anything,
  image_generation_call: anything,
  local_shell_call: anything,
  compaction: anything,
};

const remote = (piece: Json): boolean => {
  const { type, image_url: url } = asObject(piece) as { readonly type?: Json; readonly image_url?: Json };
  return type === 'input_image' && typeof url === 'string' && !url.startsWith('data:');
};

/** The message of the refusal, or null. */
export function itemsComplaint(items: readonly Json[]): string | null {
  if (items.length === 0) return 'items must not be empty';
  for (const [index, item] of items.entries()) {
    let complaint: string | null;
    if (!isObject(item)) complaint = wrongType(item, 'internally tagged enum ResponseItem');
    else if (item['type'] === undefined) complaint = missing('type');
    else complaint = checks[asString(item['type'])]?.(item) ?? null;
    if (complaint !== null) return `items[${index}] is not a valid response item: ${complaint}`;
  }
  const pieces = items.flatMap((item) => [asObject(item)['content'], asObject(item)['output']]);
  if (pieces.some((content) => Array.isArray(content) && content.some(remote)))
    return 'remote image URLs are not supported; use an inline data URL instead';
  return null;
}

export interface Stamp {
  readonly turnId: string;
  readonly nowMs: number;
  /** Mints an id with the given prefix. */
  readonly mint: (prefix: string) => string;
}

const passthrough = 'internal_chat_message_metadata_passthrough';
const createTime = (nowMs: number): number => (nowMs + 0.5) / 1000;

const pick = (item: JsonObject, members: readonly string[]): JsonObject => {
  const picked: { [member: string]: Json } = {};
  for (const member of members) if (item[member] !== undefined && item[member] !== null) picked[member] = item[member];
  return picked;
};

const partMembers: { readonly [type: string]: readonly string[] } = {
  input_text: ['type', 'text'],
  output_text: ['type', 'text', 'annotations', 'logprobs'],
  input_image: ['type', 'image_url', 'file_id', 'detail'],
  input_audio: ['type', 'audio_url', 'file_id'],
};

function messageEcho(item: JsonObject, { turnId, nowMs, mint }: Stamp): JsonObject {
  const content = (item['content'] as readonly Json[]).map((piece) =>
    pick(asObject(piece), partMembers[asString(asObject(piece)['type'])] ?? ['type']),
  );
  const dated = item['role'] === 'user' || item['role'] === 'developer';
  return {
    type: 'message',
    ...pick(item, ['status']),
    id: item['id'] ?? mint('msg_'),
    role: item['role'] as string,
    content,
    ...pick(item, ['phase']),
    [passthrough]: {
      turn_id: turnId,
      ...(dated ? { create_time: createTime(nowMs) } : {}),
      content_item_kinds: content.map(() => 'unknown'),
    },
  };
}

/** Members before the id, prefix of the id, members after it; `dated` items carry a creation time. */
const layouts: { readonly [type: string]: readonly [readonly string[], string, readonly string[], boolean] } = {
  function_call: [['status'], 'fc_', ['name', 'namespace', 'arguments', 'call_id'], false],
  function_call_output: [[], 'fco_', ['call_id', 'output'], true],
  custom_tool_call: [[], 'ctc_', ['status', 'call_id', 'name', 'namespace', 'input'], false],
  custom_tool_call_output: [[], 'ctco_', ['call_id', 'output'], true],
  web_search_call: [[], 'ws_', ['status', 'action'], false],
  image_generation_call: [[], 'ig_', ['status', 'revised_prompt', 'result'], false],
};

/** What `rawResponseItem/completed` says of an item; assumes that `itemsComplaint` had none. */
export function itemEcho(item: JsonObject, stamp: Stamp): JsonObject {
  const type = asString(item['type']);
  if (type === 'message') return messageEcho(item, stamp);
  const { turnId, nowMs, mint } = stamp;
  if (type === 'reasoning')
    return {
      type,
      id: item['id'] ?? mint('rs_'),
      summary: item['summary'] as Json,
      content: item['content'] ?? null,
      encrypted_content: item['encrypted_content'] ?? null,
      [passthrough]: { turn_id: turnId },
    };
  const layout = layouts[type];
  if (layout === undefined) return { type: 'other' };
  const [before, prefix, after, dated] = layout;
  return {
    type,
    ...pick(item, before),
    id: item['id'] ?? mint(prefix),
    ...pick(item, after),
    [passthrough]: dated ? { turn_id: turnId, create_time: createTime(nowMs) } : { turn_id: turnId },
  };
}

/** A message that the CLI itself puts into the history, such as the note about an interrupt. */
export const harnessEcho = (
  role: string,
  text: string,
  kind: string,
  provenance: JsonObject,
  stamp: Stamp,
): JsonObject => ({
  type: 'message',
  id: stamp.mint('msg_'),
  role,
  content: [{ type: 'input_text', text }],
  [passthrough]: {
    turn_id: stamp.turnId,
    create_time: createTime(stamp.nowMs),
    content_item_kinds: [kind],
    content_item_metadata: [{ provenance }],
  },
});
