/**
 * The shapes of chat completions (`openai-api.md` 4.1, 4.2): chunk, delta, message. Closed like all shapes: a delta
 * with a second purpose, or a null where OpenAI has a string, is refused here.
 */
import { errorTypes } from './envelope.ts';
import { objectOf } from './json.ts';
import {
  anything,
  type Check,
  emptyList,
  filled,
  index,
  listOfEach,
  type Members,
  members,
  nullable,
  oneOf,
  positive,
  record,
  string,
  tagged,
} from './shape.ts';
import { chatUsage, chatUsageWithTimings } from './usage.ts';

export const finishReasons = ['stop', 'length', 'tool_calls', 'content_filter'] as const;

const identity = (object: string): Members => ({
  id: filled,
  object: oneOf(object),
  created: positive,
  model: filled,
  service_tier: filled,
  system_fingerprint: filled,
});

export const constantChunkKeys: readonly string[] = Object.keys(identity(''));

const choice = members({
  index,
  delta: record,
  logprobs: oneOf(null),
  finish_reason: nullable(oneOf(...finishReasons)),
});

const chunk = identity('chat.completion.chunk');
export const chunkShape = members({ ...chunk, choices: listOfEach(choice), usage: oneOf(null) });
export const usageChunkShape = members({
  ...chunk,
  choices: emptyList,
  event: oneOf('usage'),
  usage: chatUsageWithTimings,
});

export const roleDelta = members({ role: oneOf('assistant'), content: oneOf('', null), refusal: oneOf(null) });
export const textDeltas: Members = {
  content: members({ content: filled }),
  reasoning_content: members({ reasoning_content: filled }),
  refusal: members({ refusal: filled }),
};

const firstTool = tagged('type', {
  function: members({
    index,
    id: filled,
    type: oneOf('function'),
    function: members({ name: filled, arguments: oneOf('') }, { namespace: filled }),
  }),
  custom: members({
    index,
    id: filled,
    type: oneOf('custom'),
    custom: members({ name: filled, input: oneOf('') }, { namespace: filled }),
  }),
});
const furtherTool: Check = (value, path) =>
  'custom' in objectOf(value)
    ? members({ index, custom: members({ input: filled }) })(value, path)
    : members({ index, function: members({ arguments: filled }) })(value, path);

/** A call introduces itself once; afterwards only its index and increments travel. */
export function toolDelta(first: boolean): Check {
  return first ? firstTool : furtherTool;
}

/** The frame that ends a chat stream which failed after its first byte; `error` is an object, never a string. */
export const failureShape = members({
  error: members(
    { message: filled, type: oneOf(...errorTypes), param: nullable(string), code: filled },
    { retryable: anything, details: anything },
  ),
});

const toolCall = tagged('type', {
  function: members({
    id: filled,
    type: oneOf('function'),
    function: members({ name: filled, arguments: filled }, { namespace: filled }),
  }),
  custom: members({
    id: filled,
    type: oneOf('custom'),
    custom: members({ name: filled, input: string }, { namespace: filled }),
  }),
});

const message = members(
  { role: oneOf('assistant'), content: nullable(string), refusal: nullable(string), annotations: listOfEach(record) },
  {
    tool_calls: listOfEach(toolCall, 1),
    reasoning_content: filled,
    function_call: members({ name: filled, arguments: string }),
  },
);

export const completionShape = members({
  ...identity('chat.completion'),
  choices: listOfEach(members({ index, message, logprobs: oneOf(null), finish_reason: oneOf(...finishReasons) }), 1),
  usage: nullable(chatUsage),
});
