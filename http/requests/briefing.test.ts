/** What becomes of a prompt before a worker gets it: the warning, the base instructions, its length, and who answers a title. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testSettings } from '../../testkit/front-end.ts';
import { dataUrl, gif } from '../../testkit/pictures.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import type { Admission, RequestContext } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { readChatRequest } from './chat.ts';
import { modelDirectory } from './models.ts';
import { promptTexts } from './prompt-text.ts';
import { readResponsesRequest } from './responses.ts';

const efforts = ['low', 'high'].map((reasoningEffort) => ({ reasoningEffort }));
const list = [
  { id: 'big', isDefault: true, supportedReasoningEfforts: efforts },
  { id: 'small', supportedReasoningEfforts: efforts },
];
const models = modelDirectory({ models: () => list, configured: undefined, fallback: 'f' });

type More = Partial<RequestContext>;

const contextOf = (more: More): RequestContext => ({ ...testSettings, models, archive: null, ...more });
const chat = (messages: Json, more: More = {}, fields: JsonObject = {}): Admission =>
  readChatRequest({ model: 'big', messages, ...fields }, contextOf(more));
const responses = (input: Json, more: More = {}, fields: JsonObject = {}): Admission =>
  readResponsesRequest({ model: 'big', input, ...fields }, contextOf(more));
const refusal = (attempt: () => Admission): unknown => {
  try {
    return attempt();
  } catch (error) {
    return error instanceof RequestError ? [error.code, error.param] : error;
  }
};

const user = (content: Json): JsonObject => ({ role: 'user', content });
const system = (content: Json): JsonObject => ({ role: 'system', content });
const rolesAndTexts = ({ request }: Admission) =>
  request.turn.items.map((item) => [item['role'] ?? item['type'] ?? null, [...promptTexts([item])].join('')] as const);

describe('P-215 W-22 the warning', () => {
  const tag = '[proxy][ingress_guardrail_v1]';
  const notices = (admission: Admission) => rolesAndTexts(admission).filter(([, text]) => text?.includes(tag));

  test.each([
    '<recent_conversations>',
    'x <saved_memories a="b">',
    "Tool 'webSearch' result: []",
    "TOOL 'a b' RESULT: 1",
  ])('comes before a history with %s, on both endpoints, and is the same bytes', (sign) => {
    const said = [
      notices(chat([user(sign)])),
      notices(responses(sign)),
      notices(chat([user('hi'), system([{ text: sign }])])),
    ];
    for (const found of said) expect(found).toEqual([['developer', expect.stringContaining(tag)]]);
    expect(new Set(said.flat().map(([, text]) => text)).size).toBe(1);
    expect(rolesAndTexts(chat([user(sign)]))[0]?.[0]).toBe('developer');
  });

  test('is not given twice, not where nothing calls for it, not when it is switched off', () => {
    const first = chat([user('<saved_memories>')]);
    const [, text = ''] = notices(first)[0] ?? [];
    expect(notices(chat([system(text), user('<saved_memories>')]))).toHaveLength(1);
    expect(notices(chat([user(text), user('<saved_memories>')]))).toHaveLength(2);
    expect(notices(chat([user('<use_tool> recent_conversations')]))).toEqual([]);
    expect(notices(chat([user('<saved_memories>')], { ingressGuardrail: false }))).toEqual([]);
    expect([first.guarded, chat([user('hi')]).guarded]).toEqual([true, false]);
  });

  test('stays a message when the client writes the base instructions', () => {
    const admission = chat([system('be brief'), user('<saved_memories>')], { ignoreClientSystemPrompt: false });
    expect(admission.request.turn.baseInstructions).toBe('be brief');
    expect(notices(admission)).toHaveLength(1);
  });
});

describe('P-86 base instructions', () => {
  const replacing: More = { ignoreClientSystemPrompt: false };
  const turn = (messages: Json, fields: JsonObject = {}) => chat(messages, replacing, fields).request.turn;

  test('are the system and developer messages of a chat, in order, with a blank line between', () => {
    const messages = [
      system('one'),
      user('hi'),
      { role: 'developer', content: [{ type: 'text', text: 'two' }, 'three'] },
    ];
    expect(turn(messages)).toMatchObject({ baseInstructions: 'one\n\ntwo\nthree' });
    expect(rolesAndTexts(chat(messages, replacing))).toEqual([['user', 'hi']]);
    expect(turn(messages, { instructions: 'zero' }).baseInstructions).toBe('zero\n\none\n\ntwo\nthree');
  });

  test('by default there are none, and the messages stay where they are', () => {
    const admission = chat([system('one'), user('hi')]);
    expect(admission.request.turn.baseInstructions).toBeUndefined();
    expect(rolesAndTexts(admission)).toEqual([
      ['developer', 'one'],
      ['user', 'hi'],
    ]);
  });

  test('P-117 on Responses they stay messages whatever the operator says', () => {
    const admission = responses([system('one'), user('hi')], replacing, { instructions: 'zero' });
    expect(admission.request.turn.baseInstructions).toBeUndefined();
    expect(rolesAndTexts(admission)).toEqual([
      ['developer', 'zero'],
      ['developer', 'one'],
      ['user', 'hi'],
    ]);
  });

  test('nothing is lost: neither a picture beside the text, nor all that there is', () => {
    const url = dataUrl(gif, 'image/gif');
    const pictured = turn([
      system([
        { type: 'text', text: 'look' },
        { type: 'image_url', image_url: { url } },
      ]),
      user('hi'),
    ]);
    expect(pictured.baseInstructions).toBe('look');
    expect(pictured.items).toMatchObject([{ role: 'developer', content: [{ type: 'input_image' }] }, { role: 'user' }]);
    expect(turn([system('alone')])).toMatchObject({ items: [{ role: 'developer' }] });
    expect(turn([system('alone')]).baseInstructions).toBeUndefined();
  });

  test('W-10 every text is there once, in one of the two places', () => {
    const message = fc.record({
      role: fc.constantFrom('system', 'developer', 'user', 'assistant'),
      content: fc.string({ minLength: 1 }),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), (messages) => {
        const { baseInstructions, items } = turn(messages);
        const left = items.map((item) => [...promptTexts([item])].join(''));
        const base = baseInstructions === undefined ? [] : [baseInstructions];
        const isBase = ({ role }: (typeof messages)[number]) => role === 'system' || role === 'developer';
        const wanted = messages.map(({ content }) => content.toWellFormed());
        if (base.length === 0) expect(left).toEqual(wanted);
        else {
          expect(left).toEqual(messages.filter((one) => !isBase(one)).map(({ content }) => content.toWellFormed()));
          expect(base[0]).toBe(
            messages
              .filter(isBase)
              .map(({ content }) => content.toWellFormed())
              .join('\n\n'),
          );
        }
      }),
    );
  });
});

describe('P-98 the longest prompt', () => {
  const tooLong = (param: string) => ['prompt_too_long', param];

  test('counts the characters of all messages, four for a token', () => {
    const messages = [
      system('1234'),
      user('12'),
      { role: 'assistant', content: [{ type: 'text', text: '34' }] },
      user('5'),
    ];
    expect(refusal(() => chat(messages, { promptTokensMax: 2 }))).toEqual(tooLong('messages'));
    expect(chat(messages, { promptTokensMax: 3 }).choices).toBe(1);
    expect(refusal(() => responses('12345', { promptTokensMax: 1 }))).toEqual(tooLong('input'));
    expect(refusal(() => responses('1', { promptTokensMax: 1 }, { instructions: '12345' }))).toEqual(tooLong('input'));
    expect(chat(messages).choices).toBe(1);
  });

  test('P-22 comes after every other check', () => {
    const limited = { promptTokensMax: 1 };
    const code = (fields: JsonObject) => refusal(() => chat([user('12345')], limited, fields));
    expect(code({ temperature: 9 })).toEqual(['invalid_request_error', 'temperature']);
    expect(code({ tools: [{ type: 'function' }] })).toEqual(['invalid_request_error', 'tools[0].function.name']);
    expect(code({ model: 'unknown' })).toEqual(['model_not_found', 'model']);
    expect(refusal(() => chat([user('hi')], {}, { model: 'unknown', tools: 1 }))).toEqual([
      'invalid_request_error',
      'tools',
    ]);
  });
});

describe('P-121 the cap of a request that has none', () => {
  const capped: More = { responsesDefaultMaxTokens: 7 };
  const capOf = ({ request }: Admission) => [request.terms.tokensMax, request.echo.max_output_tokens];

  test('is the default of Responses, and not of chat', () => {
    expect(capOf(responses('hi', capped))).toEqual([7, 7]);
    expect(capOf(responses('hi', capped, { max_output_tokens: 3 }))).toEqual([3, 3]);
    expect(capOf(chat([user('hi')], capped))).toEqual([null, null]);
    expect(capOf(responses('hi'))).toEqual([null, null]);
  });

  test('P-90 is as little enforced as any other where the operator wants none', () => {
    const admission = responses('hi', { ...capped, enforceMaxTokens: false, params: 'strict' });
    expect([...capOf(admission), admission.ignoredParams]).toEqual([null, null, []]);
  });
});

describe('P-214 titles', () => {
  const titles = { titles: { model: 'small', effort: 'low' } };
  const titled = 'Write a concise title (max 5 words).\n<conversation_text>hi</conversation_text>';
  const both = 'A title and a summary.\n# OUTPUT FORMAT\n{"title": "…", "summary" : "…"}';
  const answered = ({ request, titleModel }: Admission) => [
    request.model,
    request.turn.model,
    request.turn.effort,
    titleModel,
  ];

  test.each([titled, both, 'Title? Use a maximum of five words. Conversation: …'])(
    'are written by their own model: %s',
    (prompt) => {
      for (const admission of [
        chat([user(prompt)], titles),
        responses(prompt, titles),
        chat([system(prompt), user('hi')], titles),
      ]) {
        expect(answered(admission)).toEqual(['big', 'small', 'low', 'small']);
      }
      expect(responses(prompt, titles).request.echo.reasoning).toMatchObject({ effort: 'low' });
      expect(answered(chat([user(prompt)]))).toEqual(['big', 'big', undefined, null]);
    },
  );

  test.each(['A concise title.', 'conversation: max 5 words', 'title summary output format "title": "a"', 'hi'])(
    'are not seen in: %s',
    (prompt) => {
      expect(answered(chat([user(prompt)], titles))).toEqual(['big', 'big', undefined, null]);
    },
  );

  test('are not written for a request that offers tools', () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
    expect(chat([user(titled)], titles, { tools }).titleModel).toBeNull();
  });

  test('W-54 are checked like every other request', () => {
    const code = (fields: JsonObject) => refusal(() => chat([user(titled)], titles, fields));
    expect(code({ model: 'bogus' })).toEqual(['model_not_found', 'model']);
    expect(code({ reasoning_effort: 'bogus' })).toEqual(['invalid_request_error', 'reasoning_effort']);
  });

  test('P-64 P-69 a model that is not there gives way to the default, an effort that it lacks to the nearest', () => {
    const admission = chat([user(titled)], { titles: { model: 'gone', effort: 'minimal' } });
    expect(answered(admission)).toEqual(['big', 'big', 'low', 'codex-5']);
    expect(admission.clampedFrom).toBe('minimal');
  });
});
