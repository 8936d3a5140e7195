/** What is found of a body before it is parsed, against a look at each of its bytes. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonExtent, textOf } from './json-body.ts';

/** Any bytes, JSON or not. */
function byByte(text: string): ReturnType<typeof jsonExtent> {
  let [depth, deepest, values, quoted] = [0, 0, 0, false];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === ',') values += 1;
    else if ('{['.includes(char)) {
      depth += 1;
      values += 1;
      deepest = Math.max(deepest, depth);
    } else if ('}]'.includes(char)) depth -= 1;
  }
  return { depth: deepest, values };
}

test('finds the same, however long strings are and wherever they have escapes', () => {
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('"', '\\', '\\"', '\\\\', ',', '{', '}', '[', ']', 'x') },
    fc.integer({ min: 55, max: 140 }).map((length) => 'y'.repeat(length)),
    fc.integer({ min: 60, max: 70 }).map((length) => '\\'.repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      expect(jsonExtent(Buffer.from(text))).toEqual(byByte(text));
    }),
    { numRuns: 2_000 },
  );
});

test('bytes are the text that a strict decoder makes of them, or none', () => {
  const strict = (bytes: Uint8Array): string | null => {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return null;
    }
  };
  const lenient = (bytes: Uint8Array): string | null => {
    try {
      return textOf(bytes);
    } catch {
      return null;
    }
  };
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }).map((text) => Buffer.from(text)),
    fc.constantFrom('\ufeff', '\ufffd', 'x').map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
      const bytes = Buffer.concat(pieces);
      expect(lenient(bytes)).toBe(strict(bytes));
    }),
    { numRuns: 2_000 },
  );
});
