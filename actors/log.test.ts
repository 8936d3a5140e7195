import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyLog } from '../testkit/log-examples.ts';

test('a very long delta becomes several entries, and the text stays what it was', () => {
  fc.assert(
    fc.property(fc.nat({ max: 40_000 }), fc.nat({ max: 40_000 }), (before, after) => {
      const text = 'x'.repeat(before) + '👩‍👩‍👧"\n'.repeat(20_000) + 'y'.repeat(after);
      const log = emptyLog('resp_x');
      const part = log.openPart(log.openItem({ id: 'm', kind: 'message' }), 'text');
      const first = log.length;
      log.append(part, text);
      expect(JSON.parse(`"${log.escapedText(part)}"`)).toBe(text);
      for (let index = first; index < log.length; index += 1) {
        const step = log.step(index);
        if (step.type !== 'delta') throw new Error(step.type);
        const piece = JSON.parse(`"${Buffer.from(log.escaped(step.start, step.end)).toString()}"`) as string;
        expect(piece.isWellFormed() && piece.length > 0 && piece.length <= 32_768).toBe(true);
      }
    }),
    { numRuns: 10 },
  );
});
