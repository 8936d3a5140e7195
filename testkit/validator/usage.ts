/**
 * Token usage in both spellings (`openai-api.md` 2.4, 4.1). Invariant: totals are sums and a part never exceeds its
 * whole - `llmprobe` asserts exactly this, and strings instead of numbers break half the clients.
 */
import { objectOf } from './json.ts';
import { and, type Check, index, members, oneOf } from './shape.ts';

export const usageShape = members({
  input_tokens: index,
  input_tokens_details: members({ cached_tokens: index, cache_write_tokens: index }),
  output_tokens: index,
  output_tokens_details: members({ reasoning_tokens: index }),
  total_tokens: index,
});

const none = oneOf(0);

const chatMembers = {
  prompt_tokens: index,
  completion_tokens: index,
  total_tokens: index,
  prompt_tokens_details: members({ cached_tokens: index, cache_write_tokens: index, audio_tokens: none }),
  completion_tokens_details: members({
    reasoning_tokens: index,
    audio_tokens: none,
    accepted_prediction_tokens: none,
    rejected_prediction_tokens: none,
  }),
};

const unchecked: Check = () => null;
const timings = {
  time_to_first_token_ms: unchecked,
  total_duration_ms: unchecked,
  time_to_first_token: unchecked,
  throughput_after_first_token: unchecked,
  emission_trigger: unchecked,
};

function count(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}

function sums(input: string, output: string): Check {
  return (value, path) => {
    const usage = objectOf(value);
    const sent = count(usage[input]);
    const received = count(usage[output]);
    if (count(usage['total_tokens']) !== sent + received) return `${path}.total_tokens is not ${sent} + ${received}`;
    if (count(objectOf(usage[`${input}_details`])['cached_tokens']) > sent) return `${path}: more cached than ${input}`;
    const reasoning = count(objectOf(usage[`${output}_details`])['reasoning_tokens']);
    return reasoning > received ? `${path}: more reasoning than ${output}` : null;
  };
}

/** Shape is rule 4; whether the numbers agree is rule 7, so the two are separate checks. */
export const usageSums = sums('input_tokens', 'output_tokens');
export const chatUsage = and(members(chatMembers), sums('prompt_tokens', 'completion_tokens'));
export const chatUsageWithTimings = and(members(chatMembers, timings), sums('prompt_tokens', 'completion_tokens'));

/** Zeros on a finished answer are invented numbers: unknown usage is null. */
export const someUsage: Check = (value, path) =>
  objectOf(value)['total_tokens'] === 0 ? `${path} is all zeros; unknown usage is null` : null;
