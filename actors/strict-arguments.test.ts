/** What a strict tool takes, and what tags without types become. */

import { expect, test } from 'vitest';
import { misfit, typed } from './strict-arguments.ts';
import type { Json } from './turn.ts';

const schema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    count: { type: ['integer', 'null'] },
    kind: { enum: ['a', 'b'] },
    list: { type: 'array', items: { type: 'number' } },
    either: { anyOf: [{ type: 'string' }, { type: 'object', required: ['x'] }] },
  },
  required: ['id'],
  additionalProperties: false,
};

test.each<[Json, string | null]>([
  [{ id: '1' }, null],
  [{ id: '1', count: null, kind: 'a', list: [1, 2.5], either: { x: 1 } }, null],
  [{}, 'arguments.id is missing'],
  [{ id: 1 }, 'arguments.id must be "string"'],
  [{ id: '1', count: 1.5 }, 'arguments.count must be "integer" or "null"'],
  [{ id: '1', kind: 'c' }, 'arguments.kind has a value that is not allowed'],
  [{ id: '1', list: [1, '2'] }, 'arguments.list[1] must be "number"'],
  [{ id: '1', either: {} }, 'arguments.either is none of the alternatives'],
  [{ id: '1', more: 1 }, 'arguments has a member that is not declared'],
  [{ id: '1', ['toString']: 1 }, 'arguments has a member that is not declared'],
  ['text', 'arguments must be "object"'],
])('P-130 strict: %j', (value, problem) => {
  expect(misfit(value, schema)).toBe(problem);
});

test('P-134 tags become what the schema says', () => {
  expect(typed({ id: '42', count: '7', list: '[1]', kind: '1', other: '1' }, schema)).toEqual({
    id: '42',
    count: 7,
    list: [1],
    kind: '1',
    other: '1',
  });
  expect(typed({ count: 'seven' }, schema)).toEqual({ count: 'seven' });
});
