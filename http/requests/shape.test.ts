import { expect, test } from 'vitest';
import * as z from 'zod';
import { readItems } from './items.ts';
import { check } from './shape.ts';

test.each([
  [z.string(), 1],
  [z.string().regex(/^a+$/), 'b'],
  [z.union([z.int(), z.string().regex(/^a+$/)]), 'b'],
  [z.array(z.string()).max(1), ['a', 'b']],
])('a schema without a message of its own is not heard in the words of zod (%#)', (schema, value) => {
  expect(() => check<unknown>(schema, value, 'a.b')).toThrow(/^a\.b is not in a form that is understood\.$/);
});

test('a summary that is no object is refused in plain words', () => {
  const items = [{ type: 'reasoning', encrypted_content: 'g', summary: [3] }];
  expect(() => readItems(items)).toThrow('input[0].summary[0] must be an object.');
});
