import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApiKeys } from './auth.ts';
import { limits } from './limits.ts';

const keys = new ApiKeys(['', 'key one', 'other']);

test('P-30 C-7 a key is known whatever the case of the scheme and the blanks around it', () => {
  const blanks = fc.array(fc.constantFrom(' ', '\t'), { maxLength: 3 }).map((all) => all.join(''));
  const owner = keys.admit('Bearer key one');
  expect(owner).not.toBeNull();
  fc.assert(
    fc.property(fc.constantFrom('bearer', 'Bearer', 'BEARER'), blanks, blanks, blanks, (scheme, a, b, c) => {
      expect(keys.admit(`${a}${scheme} ${b}key one${c}`)).toBe(owner);
    }),
  );
});

test.each(['', 'Bearer', 'Bearer ', 'Bearerother', 'Basic other', 'other', 'Bearer key  one', 'Bearer other other'])(
  '%j is nobody',
  (authorization) => expect(keys.admit(authorization)).toBeNull(),
);

test('P-31 a header of nothing but blanks takes no time of others', () => {
  const long = `Bearer x${' '.repeat(limits.headerBytesMax)}x`;
  const startedAt = performance.now();
  for (let count = 0; count < 50; count += 1) expect(keys.admit(long)).toBeNull();
  // A pattern that looks at each blank from each of them takes some 40 s.
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test('who has shown a good key before is found by the whole of the header, and nobody else is', () => {
  const fresh = () => new ApiKeys(['key one', 'other']);
  const header = fc.oneof(
    fc.constantFrom('Bearer key one', 'bearer key one ', 'Bearer other', 'Bearer key on', 'Bearer key one\0', ''),
    fc.string({ maxLength: 20 }).map((text) => `Bearer ${text}`),
  );
  fc.assert(
    fc.property(fc.array(header, { maxLength: 6 }), (sent) => {
      const remembering = fresh();
      for (const one of sent) expect(remembering.admit(one)).toBe(fresh().admit(one));
    }),
  );
});
