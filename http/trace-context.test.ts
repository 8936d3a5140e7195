import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { traceContext, traceIdOf } from './trace-context.ts';

const headed = (headers: Readonly<Record<string, string>>) => ({ header: (name: string) => headers[name] ?? '' });
const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';
const good = `00-${trace}-${parent}-01`;
const read = (traceparent: string, tracestate = '') => traceContext(headed({ traceparent, tracestate }));

describe('traceparent', () => {
  test('names the trace, the span of the caller and whether it records', () => {
    expect(read(good)).toEqual({ traceId: trace, parentId: parent, sampled: true, state: '' });
    expect(read(`00-${trace}-${parent}-00`)?.sampled).toBe(false);
    expect(read(`00-${trace}-${parent}-fe`)?.sampled).toBe(false);
    expect(read(`00-${trace}-${parent}-03`)?.sampled).toBe(true);
  });

  test('of a later version may say more', () => {
    expect(read(`cc-${trace}-${parent}-01-what-the-future-will-be`)?.traceId).toBe(trace);
    expect(read(`cc-${trace}-${parent}-01`)?.traceId).toBe(trace);
  });

  test.each([
    ['nothing', ''],
    ['version 00 with more', `${good}-more`],
    ['version ff', `ff-${trace}-${parent}-01`],
    ['upper case', good.toUpperCase()],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${parent}-01`],
    ['a parent of zeros', `00-${trace}-${'0'.repeat(16)}-01`],
    ['a short trace', `00-${trace.slice(1)}-${parent}-01`],
    ['other digits', `00-${trace.replace('4', 'g')}-${parent}-01`],
    ['blanks around it', ` ${good} `],
    ['two of them', `${good},${good}`],
    ['a later version that goes on without a dash', `cc-${trace}-${parent}-01.more`],
  ])('%s is none', (_, header) => {
    expect(read(header)).toBeNull();
  });

  test('whatever else is sent is none, and does not throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 80 })), (header) => {
        fc.pre(!/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}/.test(header));
        expect(read(header)).toBeNull();
      }),
    );
  });
});

describe('tracestate', () => {
  test.each([
    ['rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    [' a=1 ,, b=2 ', 'a=1,b=2'],
    ['tenant@vendor=x', 'tenant@vendor=x'],
    // Wrong: it is gone, and the trace is not.
    ['a=1,a=2', ''],
    ['A=1', ''],
    ['a', ''],
    ['a=\u00e9', ''],
    [`a=${'x'.repeat(256)},b=${'y'.repeat(256)}`, ''],
    [Array.from({ length: 33 }, (_, at) => `a${at}=1`).join(','), ''],
  ])('%j is kept as %j', (sent, kept) => {
    expect(read(good, sent)).toMatchObject({ traceId: trace, state: kept });
  });

  test('is never longer than it may be, and reading it is quick', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), (sent) => {
        expect((read(good, sent)?.state ?? '').length).toBeLessThanOrEqual(512);
      }),
    );
  });
});

test('a request that brings no trace has one of its own where there are traces', () => {
  const own = `req_${'ab'.repeat(16)}`;
  expect(traceIdOf(headed({ traceparent: good }), own, false)).toBe(trace);
  expect(traceIdOf(headed({}), own, false)).toBeNull();
  expect(traceIdOf(headed({}), own, true)).toBe('ab'.repeat(16));
  expect(traceIdOf(headed({}), `req_${'0'.repeat(32)}`, true)).toBeNull();
  expect(traceIdOf(headed({}), 'req_1', true)).toBeNull();
});
