/**
 * The response object (`openai-api.md` 2.1): 33 members, always present, and the few optional ones. Invariant kept
 * here: an object that passes is readable by the strictest observed client, whatever its status.
 */
import { type ItemVocabulary, itemCheck } from './item-shape.ts';
import { objectOf } from './json.ts';
import {
  and,
  boolean,
  type Check,
  either,
  filled,
  index,
  listOfEach,
  type Members,
  matching,
  members,
  nullable,
  oneOf,
  positive,
  record,
  string,
  tagged,
  within,
} from './shape.ts';
import { usageShape } from './usage.ts';

export const errorTypes = [
  'invalid_request_error',
  'authentication_error',
  'permission_error',
  'tokens_exceeded_error',
  'rate_limit_error',
  'insufficient_quota',
  'server_error',
  'backend_unavailable',
  'timeout_error',
  'request_cancelled',
] as const;

/** Four members and no more: `@ai-sdk/openai` refuses a response whose error lacks a string type or code. */
export const responseErrorShape = members({
  code: filled,
  message: filled,
  type: oneOf(...errorTypes),
  param: nullable(string),
});

const format = tagged('type', {
  text: members({ type: oneOf('text') }),
  json_object: members({ type: oneOf('json_object') }),
  json_schema: members({
    type: oneOf('json_schema'),
    name: filled,
    description: nullable(string),
    schema: record,
    strict: boolean,
  }),
});

const functionTool = members({
  type: oneOf('function'),
  name: matching(/^[A-Za-z0-9_-]{1,64}$/),
  description: nullable(string),
  parameters: nullable(record),
  strict: nullable(boolean),
});
const otherTyped: Check = (value, path) => filled(objectOf(value)['type'], `${path}.type`);
const tool = tagged('type', { function: functionTool }, otherTyped);
const namedFunction = members({ type: oneOf('function'), name: filled });
const toolChoice = either(
  oneOf('none', 'auto', 'required'),
  tagged(
    'type',
    {
      function: namedFunction,
      allowed_tools: members({
        type: oneOf('allowed_tools'),
        mode: oneOf('auto', 'required'),
        tools: listOfEach(tagged('type', { function: namedFunction }, otherTyped)),
      }),
    },
    otherTyped,
  ),
);

const metadata: Check = (value, path) => {
  const problem = record(value, path);
  if (problem !== null) return problem;
  const odd = Object.entries(objectOf(value)).find(([, entry]) => typeof entry !== 'string');
  return odd === undefined ? null : `${path}.${odd[0]} must be a string`;
};

const echoed: Members = {
  background: boolean,
  instructions: nullable(string),
  max_output_tokens: nullable(positive),
  max_tool_calls: nullable(index),
  model: filled,
  parallel_tool_calls: boolean,
  previous_response_id: nullable(filled),
  prompt_cache_key: nullable(string),
  reasoning: nullable(
    members({ effort: nullable(filled), summary: nullable(filled) }, { context: string, mode: string }),
  ),
  safety_identifier: nullable(string),
  service_tier: filled,
  store: boolean,
  temperature: within(0, 2),
  text: members({ format, verbosity: oneOf('low', 'medium', 'high') }),
  tool_choice: toolChoice,
  tools: listOfEach(tool),
  top_logprobs: index,
  top_p: and(within(0, 1), (value, path) => (value === 0 ? `${path} must be above 0` : null)),
  presence_penalty: within(-2, 2),
  frequency_penalty: within(-2, 2),
  truncation: oneOf('auto', 'disabled'),
  user: nullable(string),
  metadata,
  access_programs: nullable(record),
};

const optional: Members = {
  conversation: members({ id: filled }),
  prompt_cache_retention: string,
  prompt_cache_options: record,
};

/** Fixed from the first event to the last; `service_tier` is the one echo that may become known at the end. */
export const constantKeys: readonly string[] = [
  'id',
  'object',
  'created_at',
  ...Object.keys({ ...echoed, ...optional }).filter((key) => key !== 'service_tier'),
];

export const statuses = ['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled'] as const;
export type Status = (typeof statuses)[number];

const backgroundIsStored: Check = (value, path) => {
  const response = objectOf(value);
  return response['background'] === true && response['store'] === false ? `${path} is background without store` : null;
};

export interface EnvelopeOptions extends ItemVocabulary {
  readonly id: RegExp;
  /** Non-stream bodies carry the predecessor's alias `created` as a 34th member. */
  readonly alias: boolean;
  readonly further: readonly string[];
}

export function envelopeCheck(options: EnvelopeOptions): Check {
  const tolerated = Object.fromEntries(options.further.map((key): [string, Check] => [key, () => null]));
  const shape = members(
    {
      id: matching(options.id),
      object: oneOf('response'),
      created_at: positive,
      completed_at: nullable(positive),
      status: oneOf(...statuses),
      error: nullable(responseErrorShape),
      incomplete_details: nullable(
        members({ reason: oneOf('max_output_tokens', 'max_messages', 'content_filter', 'steered') }),
      ),
      output: listOfEach(itemCheck('settled', options)),
      usage: nullable(usageShape),
      ...echoed,
    },
    { ...optional, ...(options.alias ? { created: positive } : {}), ...tolerated },
  );
  return and(shape, backgroundIsStored);
}
