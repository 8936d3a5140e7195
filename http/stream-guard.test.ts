import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Entry, StreamGuard } from './stream-guard.ts';

test('P-160 never more are open than may be, and each comes back once', () => {
  const steps = fc.array(fc.record({ leave: fc.boolean(), which: fc.nat(20) }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.nat(5), steps, (max, all) => {
      const guard = new StreamGuard(max);
      const entries: Entry[] = [];
      const inside = new Set<Entry>();
      for (const { leave, which } of all) {
        const left = entries[which % Math.max(1, entries.length)];
        if (leave && left !== undefined) {
          left.leave();
          inside.delete(left);
        } else {
          const entry = guard.enter();
          entries.push(entry);
          if (max === 0 || inside.size < max) inside.add(entry);
          expect(entry.after > entry.before).toBe(inside.has(entry));
        }
        expect(guard.open).toBe(inside.size);
      }
    }),
  );
});
