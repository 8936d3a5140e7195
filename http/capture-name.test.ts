import fc from 'fast-check';
import { expect, test } from 'vitest';
import { captureName } from './capture-name.ts';

test('P-208 is a name and never a path, whatever a client writes, of at most 80 characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.boolean(), (given, isStream) => {
      const name = captureName(given, 'chat-2026-11-30T10:00:00.000Z-req_1', isStream);
      expect(name).toMatch(/^[a-z0-9_][a-z0-9_-]*-(stream|nonstream)$/);
      expect(name.length).toBeLessThanOrEqual(80);
    }),
  );
});

test.each([
  ['My demo', 'my-demo-stream'],
  ['../../etc/passwd', 'etc-passwd-stream'],
  ['..', 'chat-at-ten-req_1-stream'],
  ['', 'chat-at-ten-req_1-stream'],
  ['x'.repeat(200), `${'x'.repeat(73)}-stream`],
])('P-208 %j is %s', (given, name) => {
  expect(captureName(given, 'chat at ten req_1', true)).toBe(name);
});
