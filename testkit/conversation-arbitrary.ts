/**
 * Random conversations as clients write them, each beside the items that the model must read for them. The two are made
 * together and not one from the other, so the expectation knows nothing of the code under test.
 */

import fc from 'fast-check';
import { dataUrl, jpeg, png } from './pictures.ts';

type Json = Readonly<Record<string, unknown>>;

export interface Conversation {
  /** `input` or `messages`. */
  readonly sent: readonly Json[];
  /** Items without ids. */
  readonly read: readonly Json[];
}

type Fragment = Conversation;

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('', ' ', '\0', '\u2028', '\r\n', '👩‍👩‍👧', '"\\"', '<environment_context>', 'data: [DONE]'),
);
const texts = fc.array(text, { minLength: 1, maxLength: 3 });
const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
/** Upstream does not parse them, so broken ones are to arrive as well. */
const args = fc.oneof(
  fc.json({ maxDepth: 2 }),
  fc.constantFrom('{}', '', '{"a":', '{"n":1.0,"big":12345678901234567890}'),
);

const message = (role: string, parts: readonly string[], more: Json = {}): Json => {
  const type = role === 'assistant' ? 'output_text' : 'input_text';
  return { type: 'message', role, content: parts.map((one) => ({ type, text: one })), ...more };
};
/** The CLI has no `low`. */
const picture = fc
  .record({
    url: fc.constantFrom(
      dataUrl(png({ width: 5, height: 4, noise: true })),
      dataUrl(jpeg({ width: 9, height: 9 }), 'image/jpeg'),
    ),
    detail: fc.constantFrom(null, 'auto', 'high', 'low'),
  })
  .map(({ url, detail }) => ({
    sent: { url, ...(detail === null ? {} : { detail }) },
    read: {
      type: 'input_image',
      image_url: url,
      ...(detail === null ? {} : { detail: detail === 'low' ? 'auto' : detail }),
    },
  }));
const asRead = (role: string): string => (role === 'system' ? 'developer' : role);

/** One after the other, with call ids that no two fragments share. */
const joined = (fragments: fc.Arbitrary<(place: number) => Fragment>, last: Fragment): fc.Arbitrary<Conversation> =>
  fc.array(fragments, { maxLength: 8 }).map((list) => {
    const made = [...list.map((fragment, place) => fragment(place)), last];
    return { sent: made.flatMap(({ sent }) => sent), read: made.flatMap(({ read }) => read) };
  });

const called = (id: string, tool: string, given: string): Json => ({
  type: 'function_call',
  call_id: id,
  name: tool,
  arguments: given,
});

// ---- Responses ----

const easy = fc.tuple(fc.constantFrom('user', 'assistant', 'system', 'developer'), text).map(
  ([role, said]) =>
    (): Fragment => ({
      sent: [{ role, content: said }],
      read: [message(asRead(role), [said])],
    }),
);

const typed = fc
  .tuple(fc.constantFrom('user', 'system', 'developer'), texts, fc.constantFrom('input_text', 'text'))
  .map(
    ([role, said, type]) =>
      (): Fragment => ({
        sent: [{ type: 'message', id: 'msg_x', role, content: said.map((one) => ({ type, text: one })) }],
        read: [message(asRead(role), said)],
      }),
  );

const pictured = fc.tuple(text, picture, picture).map(([said, { sent, read }, other]) => (): Fragment => {
  const { url, ...detail } = sent;
  const [words, again] = [
    { type: 'input_text', text: said },
    { type: 'image_url', image_url: other.sent },
  ];
  return {
    sent: [{ role: 'user', content: [words, { type: 'input_image', image_url: url, ...detail }, again] }],
    read: [{ type: 'message', role: 'user', content: [words, read, other.read] }],
  };
});

const answered = fc
  .tuple(texts, fc.constantFrom('commentary', 'final_answer', null))
  .map(([said, phase]) => (): Fragment => {
    const more = { status: 'completed', ...(phase === null ? {} : { phase }) };
    const content = said.map((one) => ({ type: 'output_text', text: one, annotations: [], logprobs: [] }));
    return {
      sent: [{ id: 'msg_y', type: 'message', role: 'assistant', content, ...more }],
      read: [message('assistant', said, more)],
    };
  });

const thought = fc
  .tuple(fc.base64String({ minLength: 1 }), fc.array(text, { maxLength: 2 }))
  .map(([encrypted_content, said]) => (): Fragment => {
    const summary = said.map((one) => ({ type: 'summary_text', text: one }));
    const item = { type: 'reasoning', summary, encrypted_content };
    return { sent: [{ ...item, id: 'rs_x', status: 'completed', content: [] }], read: [item] };
  });

/** An empty part of a tool output says nothing, and the CLI leaves it out. */
const outputs = fc.array(
  text.filter((one) => one !== ''),
  { minLength: 1, maxLength: 3 },
);

/** Two calls at once, answered in either order. */
const pair = fc
  .tuple(name, args, text, outputs, fc.boolean())
  .map(([tool, given, first, second, swapped]) => (place: number): Fragment => {
    const [a, b] = [`call_a${place}`, `call_b${place}`];
    const parts = second.map((one) => ({ type: 'input_text', text: one }));
    const results = [
      { type: 'function_call_output', call_id: a, output: first },
      { type: 'function_call_output', call_id: b, output: parts },
    ];
    const ordered = swapped ? results.toReversed() : results;
    const calls = [called(a, tool, given), called(b, tool, '{}')];
    return {
      sent: [...calls.map((call) => ({ ...call, id: 'fc_x', status: 'completed' })), ...ordered],
      read: [...calls, ...ordered],
    };
  });

const asked = (said: string): Fragment => ({
  sent: [{ role: 'user', content: said }],
  read: [message('user', [said])],
});

export const responsesConversation = (last: string): fc.Arbitrary<Conversation> =>
  joined(fc.oneof(easy, typed, pictured, answered, thought, pair), asked(last));

// ---- Chat ----

const chatText = fc.tuple(fc.constantFrom('user', 'assistant', 'system', 'developer'), fc.oneof(text, texts)).map(
  ([role, said]) =>
    (): Fragment => ({
      sent: [{ role, content: typeof said === 'string' ? said : said.map((one) => ({ type: 'text', text: one })) }],
      read: [message(asRead(role), typeof said === 'string' ? [said] : said)],
    }),
);

const chatPictured = fc.tuple(text, picture).map(([said, { sent, read }]) => (): Fragment => {
  const words = { type: 'text', text: said };
  return {
    sent: [{ role: 'user', content: [{ type: 'image_url', image_url: sent }, words] }],
    read: [{ type: 'message', role: 'user', content: [read, { type: 'input_text', text: said }] }],
  };
});

const chatCalls = fc
  .tuple(name, args, text, fc.option(text), fc.boolean())
  .map(([tool, given, result, said, swapped]) => (place: number): Fragment => {
    const [a, b] = [`call_a${place}`, `call_b${place}`];
    const results = [
      { role: 'tool', tool_call_id: a, content: result },
      { role: 'tool', tool_call_id: b, content: 'done' },
    ];
    const ordered = swapped ? results.toReversed() : results;
    const call = (id: string, value: string): Json => ({
      id,
      type: 'function',
      function: { name: tool, arguments: value },
    });
    return {
      sent: [{ role: 'assistant', content: said, tool_calls: [call(a, given), call(b, '{}')] }, ...ordered],
      read: [
        ...(said === null ? [] : [message('assistant', [said])]),
        called(a, tool, given),
        called(b, tool, '{}'),
        ...ordered.map(({ tool_call_id, content }) => ({
          type: 'function_call_output',
          call_id: tool_call_id,
          output: content,
        })),
      ],
    };
  });

export const chatConversation = (last: string): fc.Arbitrary<Conversation> =>
  joined(fc.oneof(chatText, chatPictured, chatCalls), asked(last));
