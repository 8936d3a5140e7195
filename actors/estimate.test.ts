import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyLog } from '../testkit/log-examples.ts';
import { charsOf, estimatedUsage, inputTokensOf, tokensOfChars } from './estimate.ts';

test('P-187 four characters are a token, rounded up', () => {
  expect([0, 1, 4, 5, 8, 9].map(tokensOfChars)).toEqual([0, 1, 1, 2, 2, 3]);
});

test('P-187 of a conversation the text counts, whatever form it has, and nothing else', () => {
  const message = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'héllo' }] };
  const call = { type: 'function_call', name: 'a_long_name_of_a_tool', call_id: 'call_1', arguments: '{}' };
  const picture = { type: 'message', content: [{ type: 'input_image', image_url: `data:${'x'.repeat(1_000)}` }] };
  const result = { type: 'function_call_output', call_id: 'call_1', output: 'x' };
  const items = [message, call, picture, result];
  expect([inputTokensOf({ items }), inputTokensOf({ items, baseInstructions: '12345' })]).toEqual([2, 4]);
});

const unit = fc.constantFrom('a', '"', '\\', '\n', '\u0001', '\u007f', 'é', '€', '😀', '\ud800');

test('P-187 the characters of an answer are those of its deltas, whatever they are and however they were cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit }), { maxLength: 20 }), (deltas) => {
      const log = emptyLog('resp_1');
      log.begin();
      const part = log.openPart(log.openItem({ id: 'msg_1', kind: 'message' }), 'text');
      for (const delta of deltas) log.append(part, delta);
      expect(charsOf(log)).toBe(deltas.join('').length);
    }),
  );
});

test('an answer that nobody has counted has cost something', () => {
  expect(estimatedUsage(0, 0)).toMatchObject({ inputTokens: 1, outputTokens: 1, totalTokens: 2 });
  expect(estimatedUsage(7, 2)).toMatchObject({ inputTokens: 7, outputTokens: 2, totalTokens: 9 });
});
