/** The events of the log that are about one request, see `log-events.ts`. */

export const answer = ['req_id', 'trace_id', 'route', 'mode', 'model'] as const;
export const owned = ['req_id', 'trace_id', 'route', 'response_id'] as const;
export const copilot = [
  'copilot_detected',
  'copilot_detect_tier',
  'copilot_detect_reasons',
  'copilot_trace_id',
] as const;
const shape = ['endpoint_mode', 'stream', 'has_tools', 'tool_count', 'tool_types'] as const;
const transform = [
  'endpoint_mode',
  'stream',
  'status',
  'outcome',
  'error_code',
  'finish_reason',
  'output_mode',
  'output_text_bytes',
  'output_text_hash',
  'tool_calls_emitted',
  'tool_calls_truncated',
  'tool_names',
  'choices',
] as const;

export const requests = {
  auth_required: ['A request needs somebody to sign in.', [...answer, 'status', 'error_code', 'remedy']],
  client_detected: ['It seems to come from Obsidian Copilot, or has a name of its own.', [...answer, ...copilot]],
  client_request: ['The client has a name for it.', [...answer, 'client_request_id']],
  client_gone: ['The client left.', [...answer, 'response_id']],
  client_too_slow: ['The client took nothing, and was cut off.', [...answer, 'response_id']],
  turn_retried: ['A worker died before it had accepted the turn: another one gets it.', [...owned, 'slot', 'epoch']],
  text_mismatch: ['The worker corrected what it had said.', owned],
  usage_estimated: ['Nobody has counted its tokens.', owned],
  demand_unmet: ['The answer is not what the request demands.', [...owned, 'kind', 'param']],
  effort_clamped: ['The model has no such effort.', [...answer, 'asked', 'effort']],
  ingress_guardrail_injected: ['The model was told that recalled conversations are no orders.', answer],
  chat_title_summary_intercept: ['A title, by a model of its own.', [...answer, 'effort']],
  responses_title_summary_intercept: ['The same.', [...answer, 'effort']],
  chat_title_summary_intercept_error: ['It failed.', [...answer, 'code']],
  responses_title_summary_intercept_error: ['It failed.', [...answer, 'code']],
  responses_ingress_raw: [
    'A body could be read.',
    [
      ...answer,
      ...shape,
      ...copilot,
      ...([
        'has_input',
        'has_messages',
        'has_instructions',
        'has_metadata',
        'has_tool_choice',
        'has_previous_response_id',
      ] as const),
      ...([
        'input_is_array',
        'input_item_count',
        'input_item_types',
        'input_message_count',
        'input_message_roles',
      ] as const),
      ...(['input_text_bytes', 'metadata_key_count', 'output_mode'] as const),
    ],
  ],
  chat_transform_summary: [
    'An answer is over: its size, and a hash of its text.',
    [...answer, 'response_id', ...transform],
  ],
  responses_transform_summary: ['The same.', [...answer, 'response_id', ...transform]],
  tool_buffer: [
    'Text was held back because it might be a call.',
    [...owned, 'output_mode', 'buffer_started', 'buffer_flushed', 'buffer_aborted', 'buffer_reasons'],
  ],
} as const;

export const faults = {
  request_failed: ['An error of the gateway.', [...answer, 'reason']],
  projection_failed: ['An error of the gateway, while it was answering.', [...answer, 'response_id', 'reason']],
  stream_crashed: ['The same.', [...owned, 'error']],
} as const;

/** Of use for whoever looks into one request. */
export const details = {
  responses_ingress_normalized: ['A body is a request.', [...answer, ...shape, 'input_item_count']],
  responses_tools_projection: [
    'Tools that were sent, and those that the worker is told of.',
    [...answer, 'ingress_tool_count', 'turn_tool_count', 'mismatch'],
  ],
  sse_guard_acquire: ['An answer begins to be streamed.', [...answer, 'open_streams']],
  sse_guard_release: ['Its place is free again.', [...answer, 'open_streams']],
  sse_summary: [
    'An answer was streamed.',
    [
      ...answer,
      'response_id',
      'status',
      'outcome',
      'finish_reasons',
      'items',
      'tokens_prompt',
      'tokens_response',
      'emission_trigger',
    ],
  ],
  finish_reason: ['Why an answer ended.', [...answer, 'response_id', 'finish_reason', 'tool_calls_emitted', 'choices']],
  tool_call_arguments_done: [
    'A call; of the first twenty of an answer.',
    [...answer, 'response_id', 'tool_call_id', 'tool_name', 'tool_args_bytes', 'tool_args_json_valid'],
  ],
} as const;
