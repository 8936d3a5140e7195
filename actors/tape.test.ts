import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteTape } from './tape.ts';

it('a copied range is the same bytes, also of an empty tape', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }),
      fc.nat(),
      fc.nat(),
      (text, before, a, b) => {
        const source = new ByteTape();
        source.write(text);
        const [start, end] = [a % (source.length + 1), b % (source.length + 1)].sort((one, other) => one - other);
        const target = new ByteTape();
        target.write(before);
        target.copyFrom(source, start ?? 0, end ?? 0);
        expect(target.view()).toEqual(Buffer.concat([Buffer.from(before), Buffer.from(text).subarray(start, end)]));
      },
    ),
  );
});
