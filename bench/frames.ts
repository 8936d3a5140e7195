/**
 * What the gateway writes for a plain answer, for the reference that writes the same bytes. Invariant: as long as the gateway's,
 * frame by frame; ids and numbers are of the same width.
 */

const id = '0123456789abcdef0123456789abcdef';
const item = `msg_${id}_0`;
const body = (output: string, status: string, completedAt: string, usage: string): string =>
  `{"id":"resp_${id}","object":"response","created_at":1796053878,"completed_at":${completedAt},"status":"${status}","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"max_tool_calls":null,"model":"codex-5","output":${output},"parallel_tool_calls":true,"previous_response_id":null,"prompt_cache_key":null,"reasoning":{"effort":null,"summary":null},"safety_identifier":null,"service_tier":"default","store":true,"temperature":1,"text":{"format":{"type":"text"},"verbosity":"medium"},"tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1,"presence_penalty":0,"frequency_penalty":0,"truncation":"disabled","usage":${usage},"user":null,"metadata":{},"access_programs":null}`;
const begun = body('[]', 'in_progress', 'null', 'null');
const used =
  '{"input_tokens":8,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":6,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":14}';
const part = (text: string): string => `{"type":"output_text","text":"${text}","annotations":[],"logprobs":[]}`;
const message = (status: string, content: string): string =>
  `{"id":"${item}","type":"message","status":"${status}","role":"assistant","content":[${content}]}`;
const event = (type: string, number: number, rest: string): string =>
  `event: response.${type}\ndata: {"type":"response.${type}","sequence_number":${number},${rest}}\n\n`;
const place = `"item_id":"${item}","output_index":0,"content_index":0`;

/** Before the first delta, in one write. */
export const responsesHead =
  event('created', 0, `"response":${begun}`) +
  event('in_progress', 1, `"response":${begun}`) +
  event('output_item.added', 2, `"output_index":0,"item":${message('in_progress', '')}`) +
  event('content_part.added', 3, `${place},"part":${part('')}`);

export const responsesDelta = (text: string, number: number): string =>
  event('output_text.delta', number, `${place},"delta":"${text}","logprobs":[]`);

const responsesEnd = (text: string): string =>
  body(`[${message('completed', part(text))}]`, 'completed', '1796053878', used);

/** Only a body that is read whole has its time twice. */
export const responsesWhole = (text: string): string => `${responsesEnd(text).slice(0, -1)},"created":1796053878}`;

/** `number`: of the first of them. */
export const responsesTail = (text: string, number: number): string =>
  event('output_text.done', number, `${place},"text":"${text}","logprobs":[]`) +
  event('content_part.done', number + 1, `${place},"part":${part(text)}`) +
  event('output_item.done', number + 2, `"output_index":0,"item":${message('completed', part(text))}`) +
  event('completed', number + 3, `"response":${responsesEnd(text)}`) +
  'data: [DONE]\n\n';

const modelIds =
  'codex-5 codex-5-low codex-5-medium codex-5-high codex-5-minimal gpt-5.2-codex-L gpt-5.2-codex-M gpt-5.2-codex-H gpt-5.2-codex-XH gpt-5.2-LOCAL gpt-6.1-sol gpt-6.1-sol-L gpt-6.1-sol-M gpt-6.1-sol-H gpt-6.1-sol-XH gpt-6-astra gpt-6-astra-L gpt-6-astra-M gpt-6-astra-H gpt-6-astra-XH gpt-5.5 gpt-5.5-L gpt-5.5-M gpt-5.5-H gpt-5.5-XH';
export const modelList = JSON.stringify({
  object: 'list',
  data: modelIds.split(' ').map((model) => ({ id: model, object: 'model', created: 0, owned_by: 'codex' })),
});

const chunk = (delta: string, reason: string): string =>
  `data: {"id":"chatcmpl-${id}","object":"chat.completion.chunk","created":1796053878,"model":"codex-5","service_tier":"default","system_fingerprint":"fp_gateway","choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${reason}}],"usage":null}\n\n`;

export const chatHead = chunk('{"role":"assistant","content":"","refusal":null}', 'null');
export const chatDelta = (text: string): string => chunk(`{"content":"${text}"}`, 'null');
export const chatTail = `${chunk('{}', '"stop"')}data: [DONE]\n\n`;
export const chatWhole = (text: string): string =>
  `{"id":"chatcmpl-${id}","object":"chat.completion","created":1796053878,"model":"codex-5","choices":[{"index":0,"message":{"role":"assistant","content":"${text}","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":6,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_gateway"}`;

/** What every answer of the gateway carries. */
export const headers: Readonly<Record<string, string>> = {
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
  'x-proxy-model': 'gpt-6.1-sol',
  'x-request-id': `req_${id}`,
  'x-proxy-trace-id': `req_${id}`,
  'openai-version': '2020-10-01',
  'openai-processing-ms': '46',
  vary: 'origin',
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'content-type, x-request-id, retry-after, retry-after-ms, x-should-retry, openai-processing-ms, openai-version, openai-model, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens, x-codex-primary-used-percent, x-codex-primary-window-minutes, x-codex-primary-reset-at, x-codex-secondary-used-percent, x-codex-secondary-window-minutes, x-codex-secondary-reset-at, x-proxy-trace-id, x-proxy-ignored-params, x-proxy-estimated, x-proxy-model, x-proxy-output-mode, x-codex-stop-after-tools-mode, x-codex-tool-call-count, x-codex-tool-call-truncated, x-conc-before, x-conc-after, x-conc-limit',
};
