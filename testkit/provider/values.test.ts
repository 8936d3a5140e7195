import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { objectFor, valuesFor } from './values.ts';

function object(properties: Record<string, unknown>): unknown {
  return { type: 'object', properties, required: Object.keys(properties) };
}

describe('values for a schema', () => {
  test('a place, a number and a yes keep their types', () => {
    const schema = object({
      restaurant: { type: 'string' },
      guests: { type: 'integer' },
      outdoor: { type: 'boolean' },
    });
    const values = valuesFor(schema, 'Book a table at the Chez Nous for 4 people, outdoors.');
    expect(values).toEqual({ restaurant: 'Chez Nous', guests: 4, outdoor: true });
  });

  test('named ones, the last of them to the end of the prompt', () => {
    const schema = object({ path: { type: 'string' }, content: { type: 'string' } });
    const text = 'Write a file with path a/b.md and content exactly:\nOne. </two>';
    expect(valuesFor(schema, text)).toEqual({ path: 'a/b.md', content: 'One. </two>' });
  });

  test('an enum wins over the prompt, and the prompt chooses among its values', () => {
    const schema = object({ unit: { type: 'string', enum: ['celsius', 'kelvin'] } });
    expect(valuesFor(schema, 'In kelvin, please')).toEqual({ unit: 'kelvin' });
    expect(valuesFor(schema, 'unit is rankine')).toEqual({ unit: 'celsius' });
  });

  test('every prompt gives values of the types asked for', () => {
    const schema = object({
      's (*': { type: 'string' },
      i: { type: 'integer' },
      n: { type: 'number' },
      b: { type: 'boolean' },
    });
    const property = fc.property(fc.string(), (text) => {
      const values = valuesFor(schema, text);
      const matcher = { 's (*': expect.any(String), i: expect.any(Number), n: expect.any(Number), b: true };
      expect(values).toEqual(matcher);
    });
    fc.assert(property);
  });

  test('an object without a schema has the keys in quotes', () => {
    expect(objectFor('Return a JSON object with keys "name" (a string) and "age" (a number).')).toEqual({
      name: expect.any(String),
      age: 42,
    });
    expect(objectFor('Hello')).toEqual({ answer: 'Hello' });
  });
});
