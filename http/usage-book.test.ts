import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Grouping, hourMs, UsageBook } from './usage-book.ts';
import { UsageEvents } from './usage-events.ts';
import { addSpent, noUsage, type Spent, type UsageSum } from './usage-sums.ts';

const span = 60 * hourMs;
const aTime = fc.integer({ min: 0, max: span });
/** Ends of intervals are often whole hours. */
const anEnd = fc.oneof(
  aTime,
  fc.integer({ min: 0, max: 60 }).map((hours) => hours * hourMs),
);
const aCount = fc.integer({ min: 0, max: 10_000 });
const spent: fc.Arbitrary<Spent> = fc
  .tuple(aTime, aCount, aCount, fc.option(fc.tuple(aCount, aCount)))
  .map(([at, promptEst, completionEst, counted]) => ({
    at,
    promptEst,
    completionEst,
    prompt: counted?.[0] ?? null,
    completion: counted?.[1] ?? null,
  }));
const aGroup = fc.constantFrom<Grouping>('hour', 'day');

const naive = (events: readonly Spent[]): UsageSum => {
  const sum = noUsage();
  for (const event of events) addSpent(sum, event);
  return sum;
};

const within = (start: number, end: number) => (event: Spent) => event.at >= start && event.at < end;

const naiveBuckets = (events: readonly Spent[], widthMs: number) => {
  const starts = new Set(events.map(({ at }) => Math.floor(at / widthMs) * widthMs));
  return [...starts]
    .sort((a, b) => a - b)
    .map((at) => ({ at, ...naive(events.filter((event) => Math.floor(event.at / widthMs) * widthMs === at)) }));
};

const filled = (events: readonly Spent[], book = new UsageBook()): UsageBook => {
  for (const [index, event] of events.entries()) book.add(event, `"${index}"`);
  return book;
};

test('P-182 what is told of an interval is the sum over its requests, start included, end not', () => {
  fc.assert(
    fc.property(fc.array(spent, { maxLength: 60 }), anEnd, anEnd, aGroup, (events, a, b, group) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)];
      const wanted = events.filter(within(start, end));
      expect(filled(events).ask(start, end, group)).toEqual({
        sum: naive(wanted),
        buckets: naiveBuckets(wanted, group === 'hour' ? hourMs : 24 * hourMs),
      });
    }),
  );
});

test('P-184 what was read of files and what came meanwhile are told together', () => {
  fc.assert(
    fc.property(fc.array(spent, { maxLength: 30 }), fc.array(spent, { maxLength: 30 }), anEnd, (old, live, end) => {
      const book = new UsageBook();
      book.restoring();
      for (const event of live) book.add(event, '"live"');
      for (const event of old) book.restore(event, '"old"');
      const wanted = [...old, ...live].filter(within(0, end));
      const lines = [...old.map(() => '"old"'), ...live.map(() => '"live"')];
      expect([book.ask(0, end).sum, book.latest(100)]).toEqual([naive(wanted), lines]);
      book.restored();
      expect([book.ask(0, end).sum, book.latest(100)]).toEqual([naive(wanted), lines]);
    }),
  );
});

describe('its bounds', () => {
  const one = (at: number): Spent => ({ at, promptEst: 1, completionEst: 2, prompt: null, completion: null });

  test('of an hour that is cut, requests that are not kept any more count as if they had come at its beginning', () => {
    const book = filled([one(10), one(20), one(30), one(40)], new UsageBook({ eventsMax: 2 }));
    expect(book.ask(0, 35).sum.requests).toBe(3);
    expect(book.ask(1, 35).sum.requests).toBe(1);
    expect(book.ask(0, hourMs).sum.requests).toBe(4);
  });

  test('the oldest hours are forgotten', () => {
    const book = filled([one(2 * hourMs), one(0), one(hourMs)], new UsageBook({ hoursMax: 2 }));
    expect(book.ask(0, 9 * hourMs).buckets.map(({ at }) => at)).toEqual([hourMs, 2 * hourMs]);
  });

  test.each([
    [2, ['"3"', '"4"']],
    [9, ['"2"', '"3"', '"4"']],
  ])('P-183 the latest %i lines, oldest first', (count, lines) => {
    const book = filled([1, 2, 3, 4, 5].map(one), new UsageBook({ linesMax: 3 }));
    expect(book.latest(count)).toEqual(lines);
  });

  test('P-184 a million requests are told by what is kept of them', () => {
    const eventsMax = 4_096;
    const book = new UsageBook({ eventsMax });
    const total = 1_000_000;
    for (let index = 0; index < total; index += 1) book.add(one(index * 1_000), '{}');
    const { sum, buckets } = book.ask(0, total * 1_000);
    expect([sum.requests, buckets.length]).toEqual([total, 278]);
    // Within what is kept, to the millisecond.
    const end = total * 1_000;
    expect(book.ask(end - 1_500_000, end - 500_000).sum.requests).toBe(1_000);
  });
});

test('requests that are kept one by one are never more than the bound', () => {
  const events = new UsageEvents(3_000);
  for (let at = 0; at < 10_000; at += 1)
    events.add({ at, promptEst: at, completionEst: 0, prompt: 2 ** 40, completion: null });
  const kept: Spent[] = [];
  events.each(0, Number.POSITIVE_INFINITY, (spent) => kept.push(spent));
  expect([events.size, kept.length]).toEqual([3_000, 3_000]);
  expect(kept.find(({ at }) => at === 9_999)).toEqual({
    at: 9_999,
    promptEst: 9_999,
    completionEst: 0,
    prompt: 2 ** 32 - 2,
    completion: null,
  });
});
