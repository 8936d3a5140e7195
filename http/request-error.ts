/** A request that is refused before it becomes a response. `http/catalogue.ts` knows the status of each code. */

export type RequestErrorCode =
  | 'invalid_json'
  | 'invalid_request_error'
  | 'model_required'
  | 'n_unsupported'
  | 'unsupported_parameter'
  | 'unsupported_value'
  | 'unknown_parameter'
  | 'invalid_function_call_output'
  | 'previous_response_not_found'
  | 'response_not_completed'
  | 'item_not_found'
  | 'response_unreachable'
  | 'invalid_base64_image'
  | 'unsupported_image_media_type'
  | 'image_parse_error'
  | 'image_too_large'
  | 'image_file_too_large'
  | 'empty_image_file'
  | 'invalid_image_url'
  | 'failed_to_download_image'
  | 'invalid_api_key'
  | 'model_not_found'
  | 'not_found'
  | 'unknown_url'
  | 'method_not_allowed'
  | 'misdirected_request'
  | 'request_entity_too_large'
  | 'rate_limited'
  | 'concurrency_exceeded'
  | 'gateway_overloaded'
  | 'request_aborted'
  | 'slow_upload'
  | 'unsupported_encoding'
  | 'unsupported_media_type'
  | 'prompt_too_long'
  | 'title_failed'
  | 'websocket_disabled';

export class RequestError extends Error {
  readonly code: RequestErrorCode;
  readonly param: string | null;

  constructor(code: RequestErrorCode, message: string, param: string | null = null) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
    this.param = param;
  }
}

/** Of the most common kind. */
export function invalid(message: string, param: string): never {
  throw new RequestError('invalid_request_error', message, param);
}
