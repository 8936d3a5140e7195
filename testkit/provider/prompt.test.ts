import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counted, dictated, mustBeJson, mustCall, wantsThought } from './prompt.ts';
import { requestOf, userMessage } from './scene.ts';

const developer = (text: string) => ({ type: 'message', role: 'developer', content: [{ type: 'input_text', text }] });

describe('what a prompt asks for', () => {
  test('the words after a colon, byte for byte', () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => text.trimStart() === text && text !== '');
    const property = fc.property(word, (text) => {
      expect(dictated(`Say exactly: ${text}`)).toBe(text);
      expect(dictated(`Repeat this text exactly, nothing else: ${text}`)).toBe(text);
    });
    fc.assert(property);
  });

  test.each([
    ['Reply briefly with READY.', 'READY'],
    ['Say hi.', 'hi'],
    ['Please say "good night" in one breath.', 'good night'],
    ['The door is open. Say so.', 'so'],
    ['Name the capital of France. Reply with just the city.', undefined],
    ['What did I say first?', undefined],
    ['Good morning', undefined],
  ])('%s', (text, words) => {
    expect(dictated(text)).toBe(words);
  });

  test('counting, within bounds', () => {
    expect(counted('Count from 3 to 6.')).toBe('3, 4, 5, 6');
    expect(counted('Count to 2!')).toBe('1, 2');
    expect(counted('count to 999999999')?.split(', ')).toHaveLength(1000);
    expect(counted('I count on you')).toBeUndefined();
  });

  test('only a developer can demand a call or JSON', () => {
    const call = 'In this answer you must call the tool t.';
    const json = 'Answer with exactly one JSON object and nothing else.';
    const told = requestOf({ input: [developer(call), developer(json), userMessage('hi')] });
    expect([mustCall(told), mustBeJson(told)]).toEqual([true, true]);
    const asked = requestOf({ input: [developer('Be brief.'), userMessage(`${call} ${json}`)] });
    expect([mustCall(asked), mustBeJson(asked)]).toEqual([false, false]);
  });

  test('thinking, unless the effort is none', () => {
    const input = [userMessage('Think it through.')];
    expect(wantsThought(requestOf({ input }))).toBe(true);
    expect(wantsThought(requestOf({ input, reasoning: { effort: 'none' } }))).toBe(false);
  });
});
