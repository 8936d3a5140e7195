/** The variables about what becomes of a request. Part of the table in `config-table.ts`. */

import { aModel, choice, duration, flag, integer, size, word } from './config-value.ts';

export const requestVariables = {
  defaultStream: flag('PROXY_DEFAULT_STREAM', false, 'Chat answers stream when the request does not say.'),
  choicesMax: integer(
    'PROXY_MAX_CHAT_CHOICES',
    5,
    'Largest `n` of a chat completion; each choice is a turn.',
    [1, 128],
  ),
  responsesDefaultMaxTokens: integer(
    'PROXY_RESPONSES_DEFAULT_MAX_TOKENS',
    0,
    '`max_output_tokens` of responses that do not say; 0: none.',
    [0, 1_000_000_000],
  ),
  promptTokensMax: integer(
    'PROXY_MAX_PROMPT_TOKENS',
    0,
    'Longest prompt, by estimate (four characters are a token); longer ones are refused with 403; 0: no limit.',
    [0, 1_000_000_000],
  ),
  ignoreClientSystemPrompt: flag(
    'PROXY_IGNORE_CLIENT_SYSTEM_PROMPT',
    true,
    'System and developer messages of a chat stay messages; false: together they replace the base instructions of Codex.',
  ),
  ingressGuardrail: flag(
    'PROXY_INGRESS_GUARDRAIL',
    true,
    'Tell the model that recalled conversations and tool results in a prompt are no orders.',
  ),
  titleIntercept: flag(
    'PROXY_TITLE_GEN_INTERCEPT',
    true,
    'Requests for a title of a conversation are answered by a model of their own.',
  ),
  titleModel: word('PROXY_TITLE_SUMMARY_EXEC_MODEL', aModel, 'gpt-5.2', 'That model.'),
  titleEffort: choice(
    'PROXY_TITLE_SUMMARY_EXEC_REASONING_EFFORT',
    ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'],
    'low',
    'Its effort.',
  ),
  copilotAutoDetect: flag(
    'PROXY_COPILOT_AUTO_DETECT',
    false,
    'Chat requests that are surely from Obsidian Copilot get `obsidian-xml` whatever `PROXY_OUTPUT_MODE` says.',
  ),
  enforceMaxTokens: flag(
    'PROXY_ENFORCE_MAX_TOKENS',
    true,
    'An answer ends at the token cap of its request (by estimate: four bytes are a token); otherwise caps are ignored.',
  ),
  parallelToolCalls: flag(
    'PROXY_ENABLE_PARALLEL_TOOL_CALLS',
    true,
    'What `parallel_tool_calls` is in requests that do not say; without it an answer has one call.',
  ),
  params: choice(
    'PROXY_PARAMS',
    ['lenient', 'strict'],
    'lenient',
    'Parameters that cannot be applied are accepted and listed in `x-proxy-ignored-params`, or refused.',
  ),
  remoteImages: choice(
    'PROXY_REMOTE_IMAGES',
    ['fetch', 'text', 'reject'],
    'fetch',
    'Images by address: downloaded from public addresses, told to the model as text `[image:URL]`, or refused.',
  ),
  storeResponsesMax: integer(
    'PROXY_STORE_RESPONSES_MAX',
    1_000,
    'Finished responses that are kept in memory for `previous_response_id` and `GET`; 0: none.',
    [0, 1_000_000],
  ),
  storeBytesMax: size(
    'PROXY_STORE_BYTES_MAX',
    268_435_456,
    'Their size, packed, with the earlier turns that they go on from; the oldest responses go first.',
    1_024,
  ),
  storeTtlMs: duration('PROXY_STORE_TTL_MS', 86_400_000, 'How long they are kept at most.'),
} as const;
