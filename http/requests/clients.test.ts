/** The bodies that real clients send (`openai-api.md` 5.7), and those of 5.2 that must never be refused. */

import { describe, expect, test } from 'vitest';
import { testSettings } from '../../testkit/front-end.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import type { RequestContext, RequestReader } from '../admission.ts';
import { readChatRequest } from './chat.ts';
import { modelDirectory } from './models.ts';
import { readResponsesRequest } from './responses.ts';

const known = [{ id: 'm' }, { id: 'gpt-5.4' }];
const models = modelDirectory({ models: () => known, configured: undefined, fallback: 'm' });
const context: RequestContext = {
  models,
  ...testSettings,
  archive: null,
};

const schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const called = { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{"city":"x"}' };
const answered = { type: 'function_call_output', call_id: 'call_1', output: 'sunny x' };
const flat = { type: 'function', name: 'get_weather', description: 'w', parameters: schema };
const nested = { type: 'function', function: { name: 'get_weather', description: 'w', parameters: schema } };
const hi = { role: 'user', content: [{ type: 'input_text', text: 'hi' }] };
const message = (role: string, text: string, type = 'input_text'): JsonObject => ({
  type: 'message',
  role,
  content: [{ type, text }],
});

type Fixture = readonly [client: string, reader: RequestReader, body: JsonObject, items: readonly Json[]];

const responses: readonly Fixture[] = [
  [
    'ai@7 responses, after a tool call',
    readResponsesRequest,
    { model: 'm', input: [hi, called, answered], tools: [{ ...flat, strict: false }], tool_choice: 'auto' },
    [message('user', 'hi'), called, answered],
  ],
  [
    'ai@7 responses, gpt-5 class name',
    readResponsesRequest,
    { model: 'gpt-5.4', input: [{ role: 'developer', content: 'sys' }, hi], max_output_tokens: 100, stream: true },
    [message('developer', 'sys'), message('user', 'hi')],
  ],
  [
    'ai@7 compatible chat',
    readChatRequest,
    {
      model: 'm',
      messages: [
        { role: 'system', content: 'sys' },
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"x"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny x' },
      ],
      tools: [nested],
      tool_choice: 'auto',
      stream: true,
      stream_options: { include_usage: true },
    },
    [message('developer', 'sys'), message('user', 'hi'), called, answered],
  ],
  [
    'agents@0.20 responses, history',
    readResponsesRequest,
    {
      model: 'm',
      instructions: 'i',
      input: [
        { role: 'user', content: 'hi' },
        {
          id: 'rs_1',
          type: 'reasoning',
          summary: [{ type: 'summary_text', text: 'T' }],
          content: [],
          status: 'completed',
        },
        { ...called, id: 'fc_1', status: 'completed' },
        { ...answered, status: 'completed' },
      ],
      include: [],
      tools: [{ ...flat, strict: true }],
      stream: false,
    },
    [message('developer', 'i'), message('user', 'hi'), called, answered],
  ],
  [
    'langchain@1.6 responses',
    readResponsesRequest,
    {
      input: [
        { type: 'message', role: 'system', content: 's' },
        { type: 'message', role: 'user', content: 'hi' },
      ],
      model: 'm',
      temperature: 0.1,
      max_output_tokens: 6000,
      stream: true,
      text: {},
    },
    [message('developer', 's'), message('user', 'hi')],
  ],
  [
    'langchain@1.6 chat, gpt-5 class',
    readChatRequest,
    {
      model: 'gpt-5.4',
      temperature: 0.1,
      stream: false,
      reasoning_effort: 'low',
      max_completion_tokens: 6000,
      messages: [{ role: 'user', content: 'hi' }],
    },
    [message('user', 'hi')],
  ],
  [
    'codex@0.169 exec (abridged)',
    readResponsesRequest,
    {
      model: 'm',
      stream: true,
      store: false,
      input: [
        { type: 'message', id: 'a', role: 'developer', content: [{ type: 'input_text', text: 'd' }] },
        { type: 'message', id: 'b', ...hi },
      ],
      tools: [
        { type: 'function', name: 'exec_command', description: 'e', strict: false, parameters: {} },
        {
          type: 'namespace',
          name: 'multi_agent_v1',
          description: 'n',
          tools: [{ type: 'function', name: 'spawn_agent', description: 's', strict: false, parameters: {} }],
        },
        { type: 'web_search', external_web_access: false },
      ],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      reasoning: { summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'k',
      client_metadata: {},
    },
    [message('developer', 'd'), message('user', 'hi')],
  ],
  [
    'responses-shaped body on chat',
    readChatRequest,
    { model: 'm', input: [{ role: 'user', content: 'hi' }], tools: [flat], stream: true },
    [message('user', 'hi')],
  ],
  [
    'langchain@1.6 responses, tools',
    readResponsesRequest,
    {
      input: [{ type: 'message', role: 'user', content: 'hi' }],
      model: 'm',
      stream: false,
      tools: [{ ...flat, strict: null }],
      text: {},
    },
    [message('user', 'hi')],
  ],
  [
    'chat-shaped tools on responses',
    readResponsesRequest,
    {
      model: 'm',
      input: 'hi',
      stream: true,
      tools: [nested],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    },
    [
      message(
        'developer',
        'In this answer you must call the tool get_weather. An answer without such a call is not accepted.',
      ),
      message('user', 'hi'),
    ],
  ],
  [
    'llmprobe: temperature 0, an effort and a tiny cap',
    readChatRequest,
    {
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
      temperature: 0,
      reasoning_effort: 'medium',
      max_tokens: 1,
    },
    [message('user', 'hi')],
  ],
  [
    'GUI clients: neutral values and cache hints',
    readChatRequest,
    {
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] }],
      presence_penalty: 0,
      frequency_penalty: 0,
      top_p: 1,
      n: 1,
      user: 'u',
      metadata: {},
      top_k: 40,
      min_p: 0.1,
    },
    [message('user', 'hi')],
  ],
];

/** What a body with tools has the worker offer. */
const offered = ({ tools, prompt_cache_key }: JsonObject): readonly string[] | undefined => {
  if (tools === undefined) return undefined;
  return prompt_cache_key === undefined ? ['get_weather'] : ['t0_exec_command', 't1_multi_agent_v1_spawn_agent'];
};

describe('bodies of real clients', () => {
  test.each(responses)('%s is accepted with its whole history', (_client, reader, body, items) => {
    const { turn } = reader(body, context).request;
    expect(turn.items).toEqual(items);
    expect(turn.tools?.map(({ name }) => name)).toEqual(offered(body));
  });

  test('P-116: an echoed answer with all of its members is read back as text', () => {
    const content = [{ type: 'output_text', text: '42', annotations: [], logprobs: [] }];
    const echoed = { id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content };
    const { turn } = readResponsesRequest({ model: 'm', input: [hi, echoed, hi] }, context).request;
    const answer = { ...message('assistant', '42', 'output_text'), status: 'completed' };
    expect(turn.items).toEqual([message('user', 'hi'), answer, message('user', 'hi')]);
  });

  test('an echo of our own chat answer with text and reasoning is read back as text', () => {
    const answer = { role: 'assistant', content: '42', refusal: null, reasoning_content: 'thinking', annotations: [] };
    const { turn } = readChatRequest(
      { model: 'm', messages: [answer, { role: 'user', content: 'hi' }] },
      context,
    ).request;
    expect(turn.items).toEqual([message('assistant', '42', 'output_text'), message('user', 'hi')]);
  });
});
