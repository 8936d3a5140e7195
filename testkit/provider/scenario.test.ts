import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findMarker, formatSpec, marker, parseSpec } from './scenario.ts';

const textNames = fc.constantFrom('text', 'say', 'args', 'args3', 'key', 'message', 'chunks');
const values = fc.dictionary(textNames, fc.string({ unit: 'binary' }), { noNullPrototype: true });

function valuesOf(spec: { params: { entries(): readonly (readonly [string, string])[] } } | undefined): unknown {
  return spec === undefined ? undefined : Object.fromEntries(spec.params.entries());
}

describe('scenario notation', () => {
  test('formatting and parsing are inverse for every value', () => {
    fc.assert(
      fc.property(values, (given) => {
        const spec = parseSpec(formatSpec('text', given));
        expect(spec.name).toBe('text');
        expect(valuesOf(spec)).toEqual(given);
      }),
    );
  });

  test('a marker is found whatever surrounds it and whatever its values hold', () => {
    const around = fc.string({ unit: 'binary' }).filter((text) => !text.includes('[['));
    fc.assert(
      fc.property(around, values, around, (before, given, after) => {
        expect(valuesOf(findMarker(`${before}${marker('text', given)}${after}`))).toEqual(given);
      }),
    );
  });

  test('the last marker wins', () => {
    expect(findMarker('[[sc:text n=1]] and [[sc:hang]] done')?.name).toBe('hang');
  });

  test('a marker inside a quoted value does not count', () => {
    const spec = findMarker('[[sc:text text="[[sc:hang]]"]]');
    expect(spec?.name).toBe('text');
    expect(spec?.params.text('text')).toBe('[[sc:hang]]');
  });

  test('single quotes take JSON as it is', () => {
    expect(findMarker(`[[sc:tool args='{"city":"Paris]]"}']]`)?.params.text('args')).toBe('{"city":"Paris]]"}');
  });

  test('bare values may hold single brackets, commas and braces', () => {
    expect(findMarker('[[sc:text chunks=a]b|c n=2]]')?.params.text('chunks')).toBe('a]b|c');
  });

  test('a name without a value is a flag', () => {
    expect(parseSpec('text stamp').params.flag('stamp')).toBe(true);
  });

  test('text without a marker has none', () => {
    expect(findMarker('no marker ]] here [sc:text]')).toBeUndefined();
  });

  test.each([
    ['[[sc:text', 'not closed'],
    ['[[sc:]]', 'without a name'],
    ['[[sc:text =3]]', 'bad scenario near'],
    ['[[sc:text nn=3]]', 'unknown scenario parameter: nn'],
    ['[[sc:text constructor=3]]', 'unknown scenario parameter: constructor'],
    ['[[sc:text n=x]]', 'n must be an integer'],
    ['[[sc:text n=9999999]]', 'n must be an integer'],
    ['[[sc:text stamp=1]]', 'stamp is a flag'],
    [String.raw`[[sc:text text="\q"]]`, 'bad quoted value'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => findMarker(text)).toThrow(message);
  });
});
