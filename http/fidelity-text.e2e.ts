/**
 * The text of an answer is byte for byte what the provider sent: on both endpoints, whole and streamed, however it was
 * cut into deltas and those into socket writes. Another seed: `FC_SEED=<number>`.
 */

import process from 'node:process';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { JudgedClient, outputText } from '../testkit/judged-client.ts';
import { marker, type SpecValues } from '../testkit/provider/scenario.ts';

const seed = Number(process.env['FC_SEED'] ?? 20_261);
let gateway: Gateway;
let client: JudgedClient;

beforeAll(async () => {
  // Terminal colours are text here.
  gateway = await startGateway({ PROXY_STRIP_ANSI: 'false' });
  client = new JudgedClient(gateway);
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.provider.reset());

const everywhere = (text: string) => ({ whole: text, streamed: text, chatWhole: text, chatStreamed: text });
const spoken = (values: SpecValues) => client.texts(marker('text', values));

/** Each is known to break a naive copy: by bytes, by UTF-16 units, by lines, by JSON or by markup. */
const hard = [
  '👩‍👩‍👧‍👦🏳️‍🌈🇳🇴👍🏽',
  'e\u0301 a\u0308\u0323 \u0e01\u0e33 \u{1d15e}',
  'a\r\nb\rc\nd\n\n\r\n',
  '\u2028\u2029\u0085\ufeff\u200b\u200d\u202e',
  '\0\u0001\u0008\t\v\f\u001b[31m\u007f\u0080\u009f',
  '"quoted" \\ \\\\ \\" \\n \\u0041 \' `',
  '<think>no</think><b>&amp;</b>]]>{"type":"response.completed"}',
  'data: [DONE]\n\nevent: error\ndata: {}\n\n: x\n\n',
  '\u{10ffff}\ufffe\uffff\ufffd\ud7ff\ue000',
  '  \n leading and trailing \t\n ',
].join('|');

test.each<[string, SpecValues]>([
  ['every code point a delta', { cut: 'points' }],
  ['one delta', { n: 1 }],
  ['random deltas', { cut: 'seed:7' }],
  ['every byte a write', { n: 3, wire: 1 }],
  ['writes of seven bytes', { cut: 'seed:11', wire: 7 }],
])('hard text: %s', async (_name, values) => {
  expect(await spoken({ text: hard, ...values })).toEqual(everywhere(hard));
});

test('40,000 tiny deltas stay 40,000 deltas', async () => {
  const letter = (i: number): string => String.fromCodePoint(i % 7 === 0 ? 0x1f600 + (i % 60) : 97 + (i % 26));
  const text = Array.from({ length: 40_000 }, (_, i) => letter(i)).join('');
  const prompt = marker('text', { text, cut: 'points' });
  const [whole, streamed, chatStreamed] = await Promise.all([
    client.respond({ input: prompt }),
    client.respondStream({ input: prompt }),
    client.chatStream({ messages: [{ role: 'user', content: prompt }] }),
  ]);
  expect(streamed.events.filter(({ type }) => type === 'response.output_text.delta')).toHaveLength(40_000);
  // Compared apart, because a difference of such texts takes a runner minutes to print.
  expect(outputText(whole) === text).toBe(true);
  expect(outputText(streamed.response) === text).toBe(true);
  expect(chatStreamed.choices[0]?.content === text).toBe(true);
});

/** Texts in whole code points, as JSON of a provider can carry them; mostly short, and often one of the hard ones. */
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...Array.from(hard), '\r\n', '</', '\u200d', '👩‍👧', '\\u', '"') },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }) },
);

test(`any text in any pieces (seed ${seed})`, async () => {
  const chunked = fc.record({
    pieces: fc.array(piece, { minLength: 1, maxLength: 60 }),
    wire: fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(chunked, async ({ pieces, wire }) => {
      const values = { chunks: JSON.stringify(pieces), ...(wire === undefined ? {} : { wire }) };
      expect(await spoken(values)).toEqual(everywhere(pieces.join('')));
    }),
    { seed, numRuns: 25 },
  );
});
