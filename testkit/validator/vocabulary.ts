/**
 * Rule 2: which events exist and what they carry (`openai-api.md` 3.2). One stray type or key kills
 * `openai.responses.stream()`, so the default vocabulary is closed and everything else is opted in by name.
 */
import type { Block } from './blocks.ts';
import { annotationShape } from './item-shape.ts';
import { isObject, type Json, type JsonObject, loneSurrogatePath, parseJson } from './json.ts';
import { type Check, emptyList, filled, index, type Members, nullable, oneOf, record, string } from './shape.ts';
import { demand, type ResponsesRule } from './violation.ts';

export type OptIn = 'custom' | 'reasoning-text' | 'hosted';

export interface StreamEvent {
  readonly type: string;
  readonly index: number;
  readonly body: JsonObject;
}

export interface VocabularyOptions {
  readonly optIns: ReadonlySet<OptIn>;
  /** WebSocket lane: echoed on every event if and only if the request carried one. */
  readonly streamId: string | null;
}

const response: Members = { response: record };
const output: Members = { output_index: index, item: record };
const ofItem: Members = { item_id: filled, output_index: index };
const ofPart: Members = { ...ofItem, content_index: index };
const ofSummary: Members = { ...ofItem, summary_index: index };

export const defaultEvents: Readonly<Record<string, Members>> = {
  'response.created': response,
  'response.queued': response,
  'response.in_progress': response,
  'response.output_item.added': output,
  'response.output_item.done': output,
  'response.content_part.added': { ...ofPart, part: record },
  'response.content_part.done': { ...ofPart, part: record },
  'response.output_text.delta': { ...ofPart, delta: string, logprobs: emptyList },
  'response.output_text.done': { ...ofPart, text: string, logprobs: emptyList },
  'response.output_text.annotation.added': { ...ofPart, annotation_index: index, annotation: annotationShape },
  'response.refusal.delta': { ...ofPart, delta: string },
  'response.refusal.done': { ...ofPart, refusal: string },
  'response.function_call_arguments.delta': { ...ofItem, delta: string },
  'response.function_call_arguments.done': { ...ofItem, arguments: string },
  'response.reasoning_summary_part.added': { ...ofSummary, part: record },
  'response.reasoning_summary_part.done': { ...ofSummary, part: record },
  'response.reasoning_summary_text.delta': { ...ofSummary, delta: string },
  'response.reasoning_summary_text.done': { ...ofSummary, text: string },
  'response.completed': response,
  'response.incomplete': response,
  'response.failed': response,
  error: { code: filled, message: filled, param: nullable(string), error: record },
};

const optedIn: Readonly<Record<string, readonly [OptIn, Members]>> = {
  'response.custom_tool_call_input.delta': ['custom', { ...ofItem, delta: string }],
  'response.custom_tool_call_input.done': ['custom', { ...ofItem, input: string }],
  'response.reasoning_text.delta': ['reasoning-text', { ...ofPart, delta: string }],
  'response.reasoning_text.done': ['reasoning-text', { ...ofPart, text: string }],
  'response.compaction.compacting': ['hosted', ofItem],
};

const hosted =
  /^response\.(web_search_call|file_search_call|code_interpreter_call(_code)?|image_generation_call|mcp_call(_arguments)?|mcp_list_tools|shell_call_command|shell_call_output_content|apply_patch_call_operation_diff)\./;

/** A wrong place is a defect of the item state machine (rule 5), a missing response of the envelope (rule 4). */
const ruleOf = (key: string): ResponsesRule =>
  key === 'response' ? 4 : /^(item_id|item|part|(output|content|summary|annotation)_index)$/.test(key) ? 5 : 2;

function membersOf(type: string, optIns: ReadonlySet<OptIn>): Members | null {
  if (Object.hasOwn(defaultEvents, type)) return defaultEvents[type] ?? null;
  const opted = Object.hasOwn(optedIn, type) ? optedIn[type] : undefined;
  return opted !== undefined && optIns.has(opted[0]) ? opted[1] : null;
}

function parse(block: Block, at: number): JsonObject {
  const parsed = parseJson(block.data);
  if ('problem' in parsed) demand(false, 1, at, parsed.problem);
  demand(isObject(parsed.value), 1, at, 'data is not a JSON object');
  const lone = loneSurrogatePath(parsed.value);
  demand(lone === null, 8, at, `unpaired surrogate in ${lone}`);
  return parsed.value;
}

/** @throws StreamViolation rule 1 (JSON), 2 (vocabulary), 4 and 5 (missing places), 8 (surrogates). */
export function readEvent(block: Block, at: number, options: VocabularyOptions): StreamEvent {
  const body = parse(block, at);
  const type = body['type'];
  demand(typeof type === 'string', 2, at, 'event without a type');
  demand(block.event === null || block.event === type, 2, at, `event: ${block.event} carries type ${type}`);
  const sequence = body['sequence_number'];
  demand(sequence === at, 2, at, `sequence_number must be ${at}, got ${JSON.stringify(sequence)}`);
  const known = membersOf(type, options.optIns);
  if (known === null) {
    const tolerated = options.optIns.has('hosted') && hosted.test(type);
    demand(tolerated, 2, at, `event type ${type} is not in the vocabulary`);
    return { type, index: at, body };
  }
  const lane: Members = options.streamId === null ? {} : { stream_id: oneOf(options.streamId) };
  const fields: Members = { type: filled, sequence_number: index, ...known, ...lane };
  for (const [key, check] of Object.entries(fields)) field(key, check, body[key], type, at);
  const stray = Object.keys(body).find((key) => !Object.hasOwn(fields, key));
  demand(stray === undefined, 2, at, `${type}.${stray} is not in the contract`);
  return { type, index: at, body };
}

function field(key: string, check: Check, value: Json | undefined, type: string, at: number): void {
  const problem = check(value, `${type}.${key}`);
  demand(problem === null, ruleOf(key), at, problem ?? '');
}
