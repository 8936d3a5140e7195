import { expect, test } from 'vitest';
import type { Members } from './entry.ts';
import { mismatches, type Schema } from './json-schema.ts';

const root: Members = { definitions: { Id: { anyOf: [{ type: 'string' }, { type: 'integer' }] } } };
const wrong = (schema: Schema, value: unknown): readonly string[] => mismatches(schema, value, root);

test.for<readonly [Schema, unknown, unknown]>([
  [{ type: 'integer' }, 3, 3.5],
  [{ type: 'number' }, 3, '3'],
  [{ type: ['string', 'null'] }, null, undefined],
  [{ enum: ['a', null] }, null, 'b'],
  [{ const: { a: 1 } }, { a: 1 }, { a: 2 }],
  [{ required: ['a'] }, { a: null }, {}],
  [{ properties: { a: { type: 'string' } } }, { b: 1 }, { a: 1 }],
  [{ properties: { a: true }, additionalProperties: false }, { a: 1 }, { a: 1, b: 1 }],
  [{ additionalProperties: { type: 'string' } }, { a: 'x' }, { a: 1 }],
  [{ items: { type: 'string' } }, ['x'], ['x', 1]],
  [{ $ref: '#/definitions/Id' }, 'x', 1.5],
  [{ allOf: [{ type: 'number' }, { minimum: 0 }] }, 0, -1],
  [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, 1.5, 1],
  [{ maximum: 5 }, 5, 6],
  [{ minLength: 1 }, 'x', ''],
  [{ maxLength: 1 }, 'x', 'xx'],
  [{ minItems: 1 }, [1], []],
  [{ maxItems: 1 }, [1], [1, 2]],
  [{ pattern: '^a' }, 'ab', 'b'],
  [{ properties: { a: false } }, {}, { a: 1 }],
])('%j fits %j, not %j', ([schema, right, other]) => {
  expect(wrong(schema, right)).toEqual([]);
  expect(wrong(schema, other)).not.toEqual([]);
});

test('a mismatch names its place', () => {
  const schema = { properties: { a: { items: { $ref: '#/definitions/Id' } } } };
  expect(wrong(schema, { a: ['x', null] })[0]).toMatch(/^\.a\[1\]: /);
});

test('what is not understood is an error, never a pass', () => {
  expect(() => wrong({ contains: {} }, [])).toThrow('unknown keyword contains');
  expect(() => wrong({ $ref: '#/definitions/None' }, 1)).toThrow('no #/definitions/None');
});
