/**
 * Every request field in one table: its names, what values it takes, and its class. The table drives validation, the echo
 * and the list of ignored parameters of both endpoints; each accepts the other's names where they are unambiguous.
 *
 * H honoured, M mapped, E echoed only, T tolerated (checked and echoed, not applied, named in `x-proxy-ignored-params`),
 * N accepted at its neutral value only. An upgrade of a field from T or N is one changed row.
 */

import * as z from 'zod';
import type { Json } from '../../actors/turn.ts';
import { readFormat } from './format.ts';
import { readMetadata, readParallel, wantedId } from './param-values.ts';
import { aBoolean, aName, anObject, aString, check, integerFrom, numberFrom, oneOf } from './shape.ts';

export type ParamClass = 'H' | 'M' | 'E' | 'T' | 'N';

export interface Param {
  readonly class: ParamClass;
  /** The normalised value, or a `RequestError` that names `path`. Never called for null. */
  readonly read: (value: Json, path: string) => Json;
  /** With T and N: whether the value asks for nothing. */
  readonly neutral: (value: Json) => boolean;
  /** With T and N: the neutral value, in words for the error message. */
  readonly otherwise: string;
  /** The row that counts where responses are not kept: on chat, and everywhere when the store is switched off. */
  readonly stateless?: Param;
}

const never = (): boolean => false;

const row = (kind: ParamClass, read: Param['read'], neutral: Param['neutral'] = never, otherwise = ''): Param => ({
  class: kind,
  read,
  neutral,
  otherwise: otherwise === '' ? 'leave it out' : `leave it out or send ${otherwise}`,
});

const by =
  (schema: z.ZodType): Param['read'] =>
  (value, path) => {
    check(schema, value, path);
    return value;
  };

const is =
  (...values: readonly Json[]) =>
  (value: Json): boolean =>
    values.includes(value);

const isEmpty = (value: Json): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
const structural: Param['read'] = (value) => value;

const penalty = row('T', by(numberFrom(-2, 2)), is(0), '0');
const anArray = z.array(z.unknown(), { error: 'must be an array' });
const seedRule = { error: 'must be an integer' };
const stopCharsMax = 1_024;
const stopRule = { error: `must be a string of 1 to ${stopCharsMax} characters or an array of at most 4 of them` };
const aStop = z.string(stopRule).min(1, stopRule).max(stopCharsMax, stopRule);
const includable = [
  'reasoning.encrypted_content',
  'message.input_image.image_url',
  'web_search_call.action.sources',
  'web_search_call.results',
  'file_search_call.results',
  'code_interpreter_call.outputs',
  'computer_call_output.output.image_url',
] as const;

const rows: Readonly<Record<string, Param>> = {
  // Read by the endpoint itself or by the toolbox.
  model: row('H', structural),
  input: row('H', structural),
  messages: row('H', structural),
  stream: row('H', structural),
  n: row('H', structural),
  include: row('M', structural),
  tools: row('M', structural),
  functions: row('M', structural),
  tool_choice: row('M', structural),
  instructions: row('M', by(aString)),
  'reasoning.effort': row('M', by(aString)),
  'reasoning.summary': row('M', by(oneOf('auto', 'concise', 'detailed'))),
  'text.format': row('M', readFormat),
  'text.verbosity': row('M', by(oneOf('low', 'medium', 'high'))),
  parallel_tool_calls: row('H', readParallel),
  max_output_tokens: row('H', by(integerFrom(1))),
  stop: row('H', by(z.union([aStop, z.array(aStop, stopRule).max(4, stopRule)], stopRule))),
  truncation: row('H', by(oneOf('auto', 'disabled'))),
  'stream_options.include_usage': row('H', by(aBoolean)),

  'stream_options.include_obfuscation': row('E', by(aBoolean)),
  max_tool_calls: row('E', by(integerFrom(0))),
  metadata: row('E', readMetadata),
  user: row('E', by(aString)),
  safety_identifier: row('E', by(aString)),
  prompt_cache_key: row('E', by(aString)),
  prompt_cache_retention: row('E', by(aString)),
  prompt_cache_options: row('E', by(anObject)),
  client_metadata: row('E', by(anObject)),

  temperature: row('T', by(numberFrom(0, 2)), is(1), '1'),
  top_p: row('T', by(topP()), is(1), '1'),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  seed: row('T', by(z.union([z.int(seedRule), z.string(seedRule).regex(/^-?\d{1,16}$/, seedRule)], seedRule))),
  logit_bias: row('T', by(anObject), isEmpty, '{}'),
  store: { ...row('H', by(aBoolean)), stateless: row('T', by(aBoolean), is(false), 'false') },
  service_tier: row('M', by(oneOf('auto', 'default', 'flex', 'priority', 'fast', 'scale'))),
  id: row('T', structural, (value) => wantedId(value) !== null, 'up to 64 characters of A-Z, a-z, 0-9, _ and -'),
  'reasoning.context': row('T', by(aName), is('auto'), 'auto'),
  'reasoning.mode': row('T', by(aName), is('standard'), 'standard'),
  prediction: row('T', by(anObject)),

  previous_response_id: {
    ...row('H', by(aString)),
    stateless: row('N', structural, never, 'the earlier items as input'),
  },
  conversation: row('N', structural, never, 'the earlier items as input'),
  background: row('N', by(aBoolean), is(false), 'false'),
  top_logprobs: row('N', by(integerFrom(0)), is(0), '0'),
  logprobs: row('N', by(aBoolean), is(false), 'false'),
  modalities: row('N', by(anArray), (value) => Array.isArray(value) && value.every(is('text')), '["text"]'),
  audio: row('N', structural),
  web_search_options: row('N', structural),
  prompt: row('N', structural),
  moderation: row('N', structural),
  context_management: row('N', by(anArray), isEmpty, '[]'),
  access_programs: row('N', structural, (value) => isEmpty(value) || JSON.stringify(value) === '{"cyber":"standard"}'),
  image: row('N', by(anObject), (value) => !isEnabled(value), 'context_compression "disabled"'),
};

const aliases: Readonly<Record<string, string>> = {
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  maxOutputTokens: 'max_output_tokens',
  reasoning_effort: 'reasoning.effort',
  reasoningEffort: 'reasoning.effort',
  'reasoning.generate_summary': 'reasoning.summary',
  verbosity: 'text.verbosity',
  response_format: 'text.format',
  toolChoice: 'tool_choice',
  function_call: 'tool_choice',
  functionCall: 'tool_choice',
  parallelToolCalls: 'parallel_tool_calls',
  include_usage: 'stream_options.include_usage',
};

export const params: ReadonlyMap<string, Param> = new Map(Object.entries(rows));

const names: ReadonlyMap<string, string> = new Map([
  ...Object.keys(rows).map((name): [string, string] => [name, name]),
  ...Object.entries(aliases),
]);

/** The canonical name of a field that may have been sent under another one; null when it is unknown. */
export const canonical = (name: string): string | null => names.get(name) ?? null;

/** The other names of a field. */
export const aliasesOf = (name: string): readonly string[] =>
  Object.entries(aliases).flatMap(([alias, canonicalName]) => (canonicalName === name ? [alias] : []));

/** What `include` may name; logprobs are refused apart, with their own reason. */
export const includes: ReadonlySet<string> = new Set(includable);

function topP(): z.ZodType<number> {
  const error = 'must be a number above 0 and at most 1';
  return z.number({ error }).gt(0, { error }).max(1, { error });
}

function isEnabled(value: Json): boolean {
  return typeof value === 'object' && value !== null && 'context_compression' in value
    ? value['context_compression'] === 'enabled'
    : false;
}
