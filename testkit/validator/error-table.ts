/**
 * The error table of `openai-api.md` 6.2 with the gateway codes of `seed-parity.md` 1.9, row by row. Written from the
 * contract, not from the implementation's catalogue, so that the two can disagree in a test.
 */
export interface ErrorRow {
  readonly status: number;
  readonly type: string;
  readonly codes: readonly string[];
  /** `x-should-retry`: fixed, `either` where it depends on the case, `none` where the table has a dash. */
  readonly retry: 'true' | 'false' | 'either' | 'none';
}

/** OpenAI's own codes for images (2.2); they pass through from upstream unchanged. */
const imageCodes = [
  'invalid_image',
  'invalid_image_format',
  'invalid_base64_image',
  'invalid_image_url',
  'image_too_large',
  'image_too_small',
  'image_parse_error',
  'image_content_policy_violation',
  'invalid_image_mode',
  'image_file_too_large',
  'unsupported_image_media_type',
  'empty_image_file',
  'failed_to_download_image',
  'image_file_not_found',
];

const request = 'invalid_request_error';
const row = (status: number, type: string, retry: ErrorRow['retry'], ...codes: string[]): ErrorRow => ({
  status,
  type,
  codes,
  retry,
});

export const errorRows: readonly ErrorRow[] = [
  row(400, request, 'false', 'invalid_request_error', 'invalid_json', 'model_required', 'n_unsupported'),
  row(400, request, 'false', 'unsupported_parameter', 'unsupported_value', 'unknown_parameter'),
  row(400, request, 'false', 'previous_response_not_found', 'response_not_completed', 'invalid_function_call_output'),
  row(400, request, 'false', 'context_length_exceeded', 'request_aborted', 'sandbox_error'),
  row(400, request, 'false', 'invalid_prompt', 'content_policy_violation', 'bad_request', ...imageCodes),
  row(
    400,
    request,
    'false',
    'data_residency_mismatch',
    'bio_policy',
    'misalignment_policy_violation',
    'invalid_json_schema',
  ),
  row(401, 'authentication_error', 'false', 'invalid_api_key'),
  row(403, 'permission_error', 'false', 'permission_denied'),
  row(403, 'tokens_exceeded_error', 'false', 'context_length_exceeded'),
  row(404, request, 'false', 'model_not_found', 'not_found', 'item_not_found', 'unknown_url'),
  row(405, request, 'false', 'method_not_allowed'),
  row(409, request, 'true', 'conflict'),
  row(408, request, 'true', 'slow_upload'),
  row(413, request, 'false', 'request_entity_too_large'),
  row(415, request, 'false', 'unsupported_media_type', 'unsupported_encoding'),
  row(421, request, 'false', 'misdirected_request'),
  row(426, request, 'none', 'websocket_disabled'),
  row(429, 'rate_limit_error', 'true', 'rate_limit_exceeded', 'slow_down'),
  row(429, 'rate_limit_error', 'true', 'rate_limited', 'concurrency_exceeded', 'worker_busy'),
  row(429, 'insufficient_quota', 'false', 'insufficient_quota'),
  row(
    500,
    'server_error',
    'either',
    'worker_error',
    'internal_error',
    'demand_unmet',
    'response_transform_failed',
    'backend_error',
  ),
  row(502, 'server_error', 'true', 'stream_disconnected', 'upstream_connection_failed'),
  row(502, 'server_error', 'either', 'upstream_error'),
  row(503, 'backend_unavailable', 'true', 'worker_not_ready', 'worker_exited', 'worker_unavailable'),
  row(503, 'backend_unavailable', 'true', 'handshake_timeout', 'handshake_failed', 'server_is_overloaded'),
  row(503, 'backend_unavailable', 'true', 'gateway_overloaded'),
  row(503, 'backend_unavailable', 'true', 'server_shutting_down', 'response_unreachable'),
  row(503, 'backend_unavailable', 'false', 'worker_incompatible', 'proto_unsupported', 'app_server_disabled'),
  row(504, 'timeout_error', 'true', 'idle_timeout', 'request_timeout', 'worker_request_timeout'),
];
