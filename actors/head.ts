/**
 * What a response says about itself from its first event to its last: identity and the echo of the request, in the wire
 * names of the Responses object (the keys of its section 2.1 that do not change while the response is produced).
 */

import type { ResponseId } from '../machines/ids.ts';
import type { Json, JsonObject } from './turn.ts';

/** Every key that is echoed; numbers and enums hold the documented default when the client sent nothing. */
export interface Echo {
  readonly background: boolean;
  readonly instructions: string | null;
  readonly max_output_tokens: number | null;
  readonly max_tool_calls: number | null;
  readonly parallel_tool_calls: boolean;
  readonly previous_response_id: string | null;
  readonly prompt_cache_key: string | null;
  readonly reasoning: JsonObject;
  readonly safety_identifier: string | null;
  readonly service_tier: string;
  readonly store: boolean;
  readonly temperature: number;
  readonly text: JsonObject;
  readonly tool_choice: Json;
  readonly tools: readonly JsonObject[];
  readonly top_logprobs: number;
  readonly top_p: number;
  readonly presence_penalty: number;
  readonly frequency_penalty: number;
  readonly truncation: string;
  readonly user: string | null;
  readonly metadata: JsonObject;
  /** Keys that appear only when the client sent them, such as `prompt_cache_retention`. */
  readonly extra?: JsonObject;
}

export interface Head {
  readonly id: ResponseId;
  /** Unix seconds at acceptance. */
  readonly createdAt: number;
  /** The requested model in its advertised spelling. */
  readonly model: string;
  readonly echo: Echo;
  /** Whether reasoning items show their encrypted content; the log has it always. */
  readonly revealEncrypted: boolean;
}

/** Of a request that asks for nothing in particular and is kept: one object for all, so that it is known by what it is. */
export const usualEcho: Echo = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: 'default',
  store: true,
  temperature: 1,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  truncation: 'disabled',
  user: null,
  metadata: {},
};
