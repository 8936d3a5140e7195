import fc from 'fast-check';
import { expect, test } from 'vitest';
import { captureDocument, type Captured } from './capture-document.ts';
import { createRedactor } from './redact.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

const captured = (more: Partial<Captured>): Captured => ({
  endpoint: 'chat',
  name: 'x-nonstream',
  metadata: { scenario: 'x-nonstream' },
  headers: [['user-agent', 'curl']],
  body: bytes('{}'),
  bodyBytes: 2,
  isStream: false,
  pieces: [],
  answerBytes: 0,
  ...more,
});

const key = 'the-key-of-the-gateway';
const redactor = createRedactor({ secrets: [key], wordsInClear: true, textCharsMax: 1_000_000 });
const both = (exchange: Captured) => ({
  redacted: captureDocument(exchange, 'redacted', redactor),
  raw: captureDocument(exchange, 'raw', redactor),
});

const frame = (text: string): string =>
  `data: ${JSON.stringify({ model: 'codex-5', choices: [{ delta: { content: text }, finish_reason: null }] })}\n\n`;

/** Words that nothing else in a document has. */
const words = fc.string({ minLength: 4, maxLength: 40, unit: fc.constantFrom('Ω', 'Ж', '語', ' ', '"') });

test('P-208 no word of prompt or answer is ever in a redacted capture, and no key in any', () => {
  fc.assert(
    fc.property(words, words, fc.boolean(), fc.nat(60), (prompt, answer, isStream, at) => {
      const body = JSON.stringify({
        model: 'codex-5',
        messages: [
          { role: 'user', content: `${prompt} ${key}` },
          { role: 'user', content: [{ type: 'text', text: prompt }] },
        ],
        user: prompt,
        metadata: { [prompt]: prompt },
      });
      const text = isStream
        ? `${frame(answer)}: a comment ${answer}\n\n${frame(answer)}data: [DONE]\n\n`
        : JSON.stringify({ choices: [{ message: { role: 'assistant', content: `${answer} ${key}` } }] });
      const all = bytes(text);
      // Cut anywhere: frames do not come one by one.
      const pieces = [
        { at: 1, bytes: all.subarray(0, at) },
        { at: 2, bytes: all.subarray(at) },
      ];
      const headers = [
        ['authorization', `Bearer ${key}`],
        ['x-title', prompt],
      ] as const;
      const exchange = captured({
        body: bytes(body),
        bodyBytes: body.length,
        isStream,
        pieces,
        answerBytes: all.length,
        headers,
      });
      const { redacted, raw } = both(exchange);
      expect(redacted).not.toMatch(/[ΩЖ語]/);
      for (const document of [redacted, raw]) {
        expect(document).not.toContain(key);
        JSON.parse(document);
      }
      const { request } = JSON.parse(raw);
      expect(request.body.user).toBe(prompt);
      expect(request.headers.authorization).toBe('<redacted>');
    }),
  );
});

test('P-208 a stream is a list of entries with their times, and its end is one', () => {
  const event = 'event: response.created\ndata: {"type":"response.created"}\n\n';
  const pieces = [
    { at: 10, bytes: bytes(event) },
    { at: 20, bytes: bytes(': keepalive 1\n\n') },
    { at: 30, bytes: bytes('data: [DONE]\n\n') },
  ];
  const exchange = captured({ endpoint: 'responses', isStream: true, pieces, answerBytes: 90 });
  expect(JSON.parse(both(exchange).redacted).stream).toEqual([
    { type: 'data', event: 'response.created', ts: 10, data: { type: 'response.created' } },
    { type: 'done', event: 'done', ts: 30 },
  ]);
  expect(JSON.parse(both({ ...exchange, endpoint: 'chat' }).redacted).stream.at(-1)).toEqual({ type: 'done', ts: 30 });
});

test('P-208 what was too long to be kept is said to be missing, and what is left of it has no words', () => {
  const exchange = captured({
    body: bytes('{"messages":[{"content":"ΩΩ'),
    bodyBytes: 900,
    isStream: true,
    pieces: [{ at: 1, bytes: bytes('data: {"choices":"ΩΩ') }],
    answerBytes: 700,
  });
  const { redacted, raw } = both(exchange);
  const { metadata, request, stream } = JSON.parse(redacted);
  expect(metadata).toMatchObject({ request_bytes_omitted: 871, ingress_summary: { is_object: false } });
  expect(metadata.answer_bytes_omitted).toBeGreaterThan(600);
  expect([request.body, stream[0].data]).toEqual(['<redacted>', '<redacted>']);
  expect(JSON.parse(raw).request.body).toContain('ΩΩ');
});

test('P-208 its metadata say what the request looked like, in counts and kinds', () => {
  const body = JSON.stringify({
    stream: true,
    instructions: 'Words',
    input: [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Words' }] },
      { type: 'message', role: 'words are no role' },
    ],
    tools: [{ type: 'function' }, { type: 'function' }],
  });
  const { metadata } = JSON.parse(both(captured({ body: bytes(body), bodyBytes: body.length })).raw);
  expect(metadata.ingress_summary).toEqual({
    is_object: true,
    item_count: 2,
    input_is_text: false,
    message_roles: ['user'],
    item_types: ['message'],
    content_types: ['input_text'],
    tool_count: 2,
    tool_types: ['function'],
    has_instructions: true,
    has_tool_choice: false,
    has_functions: false,
    has_previous_response: false,
    has_metadata: false,
    stream: true,
  });
});
