/** The bodies of clients that no test can drive, as their documentation has them (`openai-api.md` 10), under both modes. */

import { describe, expect, test } from 'vitest';
import { testSettings } from '../../testkit/front-end.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import type { ParamsMode, RequestContext, RequestReader } from '../admission.ts';
import { readChatRequest } from './chat.ts';
import { modelDirectory } from './models.ts';
import { readResponsesRequest } from './responses.ts';

const models = modelDirectory({ models: () => [{ id: 'gpt-5.4' }], configured: undefined, fallback: 'gpt-5.4' });
const context = (params: ParamsMode): RequestContext => ({
  models,
  ...testSettings,
  params,
  archive: null,
});

const model = 'gpt-5.4';
const parameters = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
const flat = { type: 'function', name: 'read_file', description: 'r', parameters };
const nested = { type: 'function', function: { name: 'read_file', description: 'r', parameters } };
const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const said = (role: string, text: string): Json => ({
  type: 'message',
  role,
  content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text }],
});
const system = { role: 'system', content: 's' };
const hi = { role: 'user', content: 'hi' };
const withUsage = { stream: true, stream_options: { include_usage: true } };

interface Expected {
  readonly items: readonly Json[];
  readonly tools?: readonly string[];
  /** Named in the header; with `strict` they are what is refused. */
  readonly ignored?: readonly string[];
  readonly usage?: boolean;
}

type Fixture = readonly [client: string, reader: RequestReader, body: JsonObject, expected: Expected];

const fixtures: readonly Fixture[] = [
  [
    'Obsidian Copilot on Responses: nested tools, temperature and a cap',
    readResponsesRequest,
    { model, input: [system, hi], tools: [nested], temperature: 0.1, max_output_tokens: 6000, stream: true },
    { items: [said('developer', 's'), said('user', 'hi')], tools: ['read_file'], ignored: ['temperature'] },
  ],
  [
    'Obsidian Copilot on chat, with its CORS bypass: no stream, an image',
    readChatRequest,
    {
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'hi' },
            { type: 'image_url', image_url: { url: pixel } },
          ],
        },
      ],
      temperature: 0.7,
      max_tokens: 1000,
    },
    {
      items: [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'hi' },
            { type: 'input_image', image_url: pixel },
          ],
        },
      ],
      ignored: ['temperature'],
    },
  ],
  [
    'Cursor: a body of Responses on chat',
    readChatRequest,
    { model, input: [system, hi], tools: [flat], user: 'u', metadata: { a: 'b' }, ...withUsage },
    { items: [said('developer', 's'), said('user', 'hi')], tools: ['read_file'], usage: true },
  ],
  [
    'Cursor: its call to verify the key',
    readChatRequest,
    { model, messages: [hi], max_tokens: 1, stream: false },
    { items: [said('user', 'hi')] },
  ],
  [
    'Roo Code: cache marks in parts, parallel calls',
    readChatRequest,
    {
      model,
      messages: [
        { role: 'system', content: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }] },
        { role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] },
      ],
      tools: [nested],
      parallel_tool_calls: true,
      temperature: 0,
      ...withUsage,
    },
    {
      items: [said('developer', 's'), said('user', 'hi')],
      tools: ['read_file'],
      ignored: ['temperature'],
      usage: true,
    },
  ],
  [
    'Zed: a cache key, one call at a time, no stop',
    readChatRequest,
    {
      model,
      messages: [system, hi],
      tools: [nested],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      prompt_cache_key: 'k',
      max_completion_tokens: 8192,
      stop: [],
      ...withUsage,
    },
    { items: [said('developer', 's'), said('user', 'hi')], tools: ['read_file'], usage: true },
  ],
  [
    'Open WebUI: a title in the background',
    readChatRequest,
    { model, messages: [hi], stream: false, max_completion_tokens: 1000 },
    { items: [said('user', 'hi')] },
  ],
  [
    'Open WebUI: settings of its user',
    readChatRequest,
    { model, messages: [system, hi], seed: 1, stop: ['END'], top_k: 40, logit_bias: { '1': 2 }, stream: true },
    { items: [said('developer', 's'), said('user', 'hi')], ignored: ['seed', 'logit_bias', 'top_k'] },
  ],
  [
    'LibreChat: neutral penalties and a user',
    readChatRequest,
    {
      model,
      messages: [hi],
      presence_penalty: 0,
      frequency_penalty: 0,
      top_p: 1,
      temperature: 1,
      user: 'u',
      ...withUsage,
    },
    { items: [said('user', 'hi')], usage: true },
  ],
  [
    'n8n on Responses: a schema, no stream',
    readResponsesRequest,
    {
      model,
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
      text: { format: { type: 'json_schema', name: 'n', schema, strict: true } },
      parallel_tool_calls: true,
    },
    { items: [said('user', 'hi')] },
  ],
  [
    'Aider: turns of a conversation',
    readChatRequest,
    { model, messages: [system, hi, { role: 'assistant', content: 'yo' }, hi], temperature: 0, ...withUsage },
    {
      items: [said('developer', 's'), said('user', 'hi'), said('assistant', 'yo'), said('user', 'hi')],
      ignored: ['temperature'],
      usage: true,
    },
  ],
];

describe('bodies of clients with windows', () => {
  test.each(fixtures)('%s', (_client, reader, body, { items, tools, ignored = [], usage = false }) => {
    const admitted = reader(body, context('lenient'));
    const { turn } = admitted.request;
    expect(turn.items).toEqual(items);
    expect(turn.tools?.map(({ name }) => name)).toEqual(tools);
    expect(admitted.ignoredParams.toSorted()).toEqual([...ignored].toSorted());
    expect(admitted.includeUsage).toBe(usage);
    const strictly = () => reader(body, context('strict'));
    if (ignored.length === 0) expect(strictly().request.turn.items).toEqual(items);
    else
      expect(strictly).toThrow(
        expect.objectContaining({ param: expect.stringMatching(new RegExp(ignored.join('|'))) }),
      );
  });
});
