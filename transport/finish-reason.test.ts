import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decideFinish,
  type FinishEvidence,
  type FinishReason,
  type FinishSource,
  isLengthFlagged,
  outcomeOfFinish,
  readFinishReason,
} from './finish-reason.ts';

const table: Readonly<Record<FinishReason, string>> = {
  stop: 'stop completed complete finished done halt cancelled',
  length: 'length max_tokens token_limit token_limit_reached max_tokens_reached truncated max_output_tokens',
  tool_calls: 'tool_calls tool_call tool_completion tool_execution requires_tool any_tool_at_all',
  function_call: 'function_call function_calls function_execution some_function',
  content_filter: 'content_filter filtered safety safety_filter moderation policy_filter the_content_filter_hit',
};
const aliases = Object.entries(table).flatMap(([reason, words]) =>
  words.split(' ').map((word) => [word, reason] as const),
);

describe('P-146 aliases', () => {
  test.each(aliases)('%s is %s', (word, reason) => {
    expect(readFinishReason(word)).toBe(reason);
    expect(readFinishReason(` ${word.toUpperCase().replaceAll('_', '-')} `)).toBe(reason);
  });

  test('anything else is not known, however it looks', () => {
    for (const word of ['', 'banana', 'stopped?', 'x'.repeat(65), `tool${'x'.repeat(100)}`]) {
      expect(readFinishReason(word)).toBeNull();
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        const reason = readFinishReason(text);
        expect(reason === null || reason in table).toBe(true);
      }),
    );
  });
});

describe('P-147 length flags', () => {
  const flags = 'token_limit_reached max_tokens_reached truncated length_reached token_limit max_tokens'.split(' ');

  test.each(flags)('%s', (flag) => {
    expect(isLengthFlagged({ [flag]: true })).toBe(true);
    for (const value of [false, null, 1, 4096, 'true', {}]) expect(isLengthFlagged({ [flag]: value })).toBe(false);
  });

  test('nothing else is one', () => expect(isLengthFlagged({ finished: true, length: true })).toBe(false));
});

describe('P-148 priority', () => {
  const sources: readonly (readonly FinishSource[])[] = [
    ['usage', 'cutoff', 'idle'],
    ['provider', 'turn_end'],
    ['finalization'],
    ['fallback'],
  ];
  const evidence = fc.record({
    source: fc.constantFrom(...sources.flat()),
    reason: fc.constantFrom<FinishReason>('stop', 'length', 'tool_calls', 'content_filter', 'function_call'),
  });
  const cuts: readonly FinishReason[] = ['length', 'content_filter'];

  test('the first report of the highest rank decides', () => {
    fc.assert(
      fc.property(fc.array(evidence), fc.nat(3), (reports: FinishEvidence[], calls) => {
        const rank = sources.find((equal) => reports.some(({ source }) => equal.includes(source))) ?? [];
        const reason = reports.find(({ source }) => rank.includes(source))?.reason ?? 'stop';
        const about = calls > 0 ? 'tool_calls' : 'stop';
        expect(decideFinish(reports, calls)).toBe(cuts.includes(reason) ? reason : about);
      }),
    );
  });

  test.each([
    [
      'a flag on the usage before the end of the turn',
      [
        ['turn_end', 'stop'],
        ['usage', 'length'],
      ],
      0,
      'length',
    ],
    ['calls that were delivered', [['turn_end', 'stop']], 1, 'tool_calls'],
    ['calls of an answer that was cut', [['usage', 'length']], 2, 'length'],
    ['calls of an answer that was filtered', [['provider', 'content_filter']], 1, 'content_filter'],
    ['a reason about calls without a call', [['provider', 'tool_calls']], 0, 'stop'],
    ['a function call without a call', [['provider', 'function_call']], 0, 'stop'],
    ['a delivered function call', [['provider', 'function_call']], 1, 'tool_calls'],
    ['nothing at all', [], 0, 'stop'],
  ] as const)('%s', (_, reports, calls, reason) => {
    expect(
      decideFinish(
        reports.map(([source, said]) => ({ source, reason: said })),
        calls,
      ),
    ).toBe(reason);
  });
});

test('P-149 what a reason makes of the response', () => {
  expect(outcomeOfFinish('length')).toEqual({ type: 'incomplete', reason: 'max_output_tokens' });
  expect(outcomeOfFinish('content_filter')).toEqual({ type: 'incomplete', reason: 'content_filter' });
  for (const reason of ['stop', 'tool_calls', 'function_call'] as const) {
    expect(outcomeOfFinish(reason)).toEqual({ type: 'completed' });
  }
});
