import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter } from './lines.ts';

const splitter = (lineBytesMax = 1_000_000, unwanted?: (head: string) => boolean) =>
  new LineSplitter({ lineBytesMax, headBytes: 8, ...(unwanted === undefined ? {} : { unwanted }) });

/** Cuts the bytes at the given places. */
const chunksOf = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, at) => bytes.subarray(from, places[at] ?? bytes.length));
};

const line = fc
  .oneof(fc.string({ unit: 'binary' }), fc.json())
  .map((text) => text.replaceAll(/[\r\n]/gu, ' ').toWellFormed());
const cuts = fc.array(fc.nat(), { maxLength: 40 });

describe('lines', () => {
  test('come out as they went in, whatever the chunking', () => {
    fc.assert(
      fc.property(fc.array(line), cuts, fc.constantFrom('\n', '\r\n'), (lines, places, end) => {
        const bytes = Buffer.from(lines.map((text) => text + end).join(''));
        const into = splitter();
        const out = chunksOf(bytes, places).flatMap((chunk) => into.push(chunk));
        expect(out).toEqual(lines.filter((text) => text !== ''));
      }),
    );
  });

  test('any bytes at all give the same lines, whatever the chunking', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), cuts, (raw, places) => {
        const bytes = Buffer.from(raw);
        const pieces = splitter();
        expect(chunksOf(bytes, places).flatMap((chunk) => pieces.push(chunk))).toEqual(splitter().push(bytes));
      }),
    );
  });

  test('a line over the limit ends the stream; the lines before it are delivered', () => {
    fc.assert(
      fc.property(fc.nat(30), cuts, (length, places) => {
        const into = splitter(20);
        const bytes = Buffer.from(`first\n${'x'.repeat(length)}\nlast\n`);
        const out = chunksOf(bytes, places).flatMap((chunk) => into.push(chunk));
        expect(into.overflowed).toBe(length > 20);
        if (length <= 20) expect(out.at(-1)).toBe('last');
        else expect(out.every((text) => text === 'first')).toBe(true);
      }),
    );
  });

  test('a long unwanted line is never put together, and its neighbours stay whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 500 }), cuts, (length, places) => {
        const into = splitter(1_000, (head) => head.startsWith('echo'));
        const bytes = Buffer.from(`first\necho${'x'.repeat(length)}\nlast\n`);
        const out = chunksOf(bytes, places).flatMap((chunk) => into.push(chunk));
        expect(out.filter((text) => !text.startsWith('echo'))).toEqual(['first', 'last']);
      }),
    );
    const into = splitter(1_000, (head) => head.startsWith('echo'));
    expect(into.push(Buffer.from('echo and more'))).toEqual([]);
    expect(into.push(Buffer.from(' and more\nlast\n'))).toEqual(['last']);
  });

  test('half a line at the end is not a line', () => {
    expect(splitter().push(Buffer.from('one\ntw'))).toEqual(['one']);
  });

  test('40 MB in small chunks take linear time', () => {
    const into = splitter(64 * 1024 * 1024);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const start = performance.now();
    for (let at = 0; at < 640; at += 1) into.push(chunk);
    expect(into.push(Buffer.from('\n'))[0]?.length).toBe(40 * 1024 * 1024);
    // Quadratic copying would move some 13 GB.
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
