import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageBook } from './usage-book.ts';
import { lastUserText, readUsageQuery, usageText } from './usage-query.ts';

const now = Date.UTC(2026, 10, 30, 8, 42, 14, 500);
const hour = 3_600_000;
const today = Date.UTC(2026, 10, 30);

describe('P-185 questions', () => {
  test.each([
    ['usage today', today, now + 1, null],
    ['  Usage\n TODAY ', today, now + 1, null],
    ['usage yesterday', today - 24 * hour, today, null],
    ['usage last 7d', now - 7 * 24 * hour, now + 1, null],
    ['usage last 24H', now - 24 * hour, now + 1, null],
    ['usage last 99999d', 0, now + 1, null],
    ['usage start=2026-11-29T10:00:00Z end=1790000000', Date.UTC(2026, 10, 29, 10), 0, undefined],
    ['usage start=1790000000 end=2026-11-30', 1_790_000_000_000, today, null],
    ['usage start=0 end=2026-11-30t08:00 group=hour', 0, today + 8 * hour, 'hour'],
    ['usage start=0 end=1790000000 group=day', 0, 1_790_000_000_000, 'day'],
  ])('%j', (message, start, end, group) => {
    const expected = group === undefined ? null : { start, end, group };
    expect(readUsageQuery(message, now)).toEqual(expected);
  });
});

describe('P-186 what is for the model', () => {
  test.each([
    'usage',
    'usage today please',
    'show usage today',
    'usage tomorrow',
    'usage last 0d',
    'usage last 7 d',
    'usage last 7w',
    'usage start=garbage end=0',
    'usage start=0',
    'usage start=0 end=1 group=week',
    'usage start=2026-11-30 end=2026-11-29',
    'usage today group=hour',
    `usage${' '.repeat(300)}today`,
  ])('%j', (message) => {
    expect(readUsageQuery(message, now)).toBeNull();
  });

  test('whatever is said, reading it never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        readUsageQuery(`usage ${text}`, now);
        readUsageQuery(`usage start=${text} end=${text}`, now);
      }),
    );
  });
});

describe('the last message of the user', () => {
  const said = (role: string, ...content: readonly object[]) => ({ type: 'message', role, content }) as never;
  const text = (words: string) => ({ type: 'input_text', text: words });

  test('is looked for, whatever others have said after it', () => {
    expect(
      lastUserText([said('user', text('a')), said('user', text('b'), text('c')), said('developer', text('d'))]),
    ).toBe('bc');
  });

  test.each([
    [[]],
    [[said('assistant', text('a'))]],
    [[said('user', text('usage today'), { type: 'input_image', image_url: 'data:' })]],
  ])('is none in %j', (items) => {
    expect(lastUserText(items)).toBeNull();
  });
});

describe('P-185 answers', () => {
  const book = new UsageBook();
  const spent = { promptEst: 9, completionEst: 9, prompt: 10, completion: 5 };
  book.add({ at: today, ...spent }, '');
  book.add({ at: today + 2 * hour, ...spent, prompt: null, completion: null }, '');

  test('are one sentence, with counts where there are any', () => {
    const query = { start: today, end: today + 24 * hour, group: null };
    expect(usageText(query, book.ask(query.start, query.end))).toBe(
      'Usage from 2026-11-30T00:00Z to 2026-12-01T00:00Z (UTC): ' +
        '2 requests, 19 prompt tokens, 14 completion tokens, 33 tokens in total.',
    );
  });

  test('have a line for each bucket that was asked for', () => {
    const query = { start: today, end: today + 24 * hour, group: 'hour' as const };
    expect(
      usageText(query, book.ask(query.start, query.end, 'hour'))
        .split('\n')
        .slice(1),
    ).toEqual([
      '',
      '- 2026-11-30T00:00Z: 1 requests, 10 prompt tokens, 5 completion tokens, 15 tokens in total',
      '- 2026-11-30T02:00Z: 1 requests, 9 prompt tokens, 9 completion tokens, 18 tokens in total',
    ]);
  });
});
