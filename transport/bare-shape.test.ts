import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../actors/turn.ts';
import { bareShape, redactedText } from './bare-shape.ts';

const same = (text: string): string => text;

/** Nothing else in a test's values has these characters. */
const secret = fc.string({ minLength: 3, maxLength: 60, unit: fc.constantFrom('Ω', 'Ж', ' ', '"', '\\', '/') });

test('P-208 no text is left, whatever the value is, but short words under the names that say what something is', () => {
  const field = fc.constantFrom('content', 'text', 'model', 'type', 'role', 'name', 'status', 'metadata', 'arguments');
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      secret,
      fc.integer(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(field, secret), tie('value'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(value, (one) => {
      expect(JSON.stringify(bareShape(one, same))).not.toMatch(/[ΩЖ]/);
    }),
  );
});

test('P-208 what is below a field of the client has no names either', () => {
  const names = fc.string({ minLength: 8, maxLength: 30, unit: fc.constantFrom('a', 'b', 'c', 'd', 'e') });
  const below = fc.constantFrom('metadata', 'arguments', 'enum', 'default');
  fc.assert(
    fc.property(names, names, below, (key, text, field) => {
      const bare = JSON.stringify(bareShape({ [field]: { [key]: { type: text, name: [text] } } }, same));
      expect(bare).not.toContain(key);
      expect(bare).not.toContain(text);
    }),
  );
});

test('P-208 W-65 what a request needs to be a request stays', () => {
  const request = {
    model: 'codex-5',
    tool_choice: 'auto',
    stream: true,
    max_tokens: 5,
    messages: [{ role: 'user', content: 'Words' }],
    tools: [{ type: 'function', function: { name: 'look_up', parameters: { type: 'object' } } }],
  };
  expect(bareShape(request, same)).toEqual({ ...request, messages: [{ role: 'user', content: redactedText }] });
  expect(bareShape({ tool_choice: 'Words' }, same)).toEqual({ tool_choice: redactedText });
});

test('secrets are taken out of what stays, and a value may be deep', () => {
  expect(bareShape({ model: 'my-key', 'my-key': 1 }, (text) => text.replace('my-key', '***'))).toEqual({
    model: '***',
    '***': 1,
  });
  let deep: Json = 'Words';
  for (let depth = 0; depth < 5_000; depth += 1) deep = [deep];
  expect(JSON.stringify(bareShape(deep, same))).toContain(redactedText);
});
