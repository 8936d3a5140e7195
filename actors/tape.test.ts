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

it('what is borrowed stands where it was written, piece by piece from anywhere', () => {
  const one = fc.record({
    own: fc.string({ unit: 'binary', maxLength: 40 }),
    long: fc.nat(3).map((times) => times * 9_000),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 5 }), fc.integer({ min: 1, max: 30_000 }), (written, bytesMax) => {
      const source = new ByteTape(Buffer.from('0123456789'.repeat(3_000)));
      const [borrowing, copying] = [ByteTape.borrowing(), new ByteTape()];
      for (const { own, long } of written)
        for (const tape of [borrowing, copying]) {
          tape.write(own);
          tape.borrow(source, 7, 7 + long);
        }
      const pieces: Buffer[] = [];
      for (let from = 0; from < borrowing.total; ) {
        const piece = borrowing.piece(from, bytesMax);
        expect(piece.length).toBeGreaterThan(0);
        expect(piece.length).toBeLessThanOrEqual(bytesMax);
        pieces.push(piece);
        from += piece.length;
      }
      expect(Buffer.concat(pieces).equals(copying.view())).toBe(true);
      expect(borrowing.total).toBe(copying.total);
      borrowing.clear();
      expect(borrowing.total).toBe(0);
    }),
  );
});
