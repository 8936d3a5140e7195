/** Whatever a worker says in whatever order, and whatever is switched on: no stage breaks, and nothing is left behind. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { House } from '../testkit/house.ts';
import { events, outputs, terms } from '../testkit/output-arbitrary.ts';
import { accepted, code, ended, gone } from '../testkit/words.ts';
import { noTerms, plainOutput } from './terms.ts';

const ends = fc.constantFrom<'ended' | 'exit' | 'leave' | 'curtail'>('ended', 'exit', 'leave', 'curtail');

test('I-8 each answer ends once, and nothing of it is left', () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 14 }), outputs, terms, ends, (steps, output, bounds, end) => {
      const house = new House({ curtailMs: 60_000 }).rise();
      const before = house.clock.pending;
      const handle = house.open({
        streaming: end !== 'curtail',
        terms: { ...noTerms, ...bounds, output: { ...plainOutput, ...output } },
      });
      const leave = handle.read(() => {});
      const worker = house.launcher.worker(0);
      worker.say(handle.id, accepted);
      for (const step of steps) {
        if (typeof step === 'number') house.clock.advance(step);
        else worker.say(handle.id, step);
      }
      if (end === 'ended') worker.say(handle.id, ended);
      else if (end === 'exit') worker.exit();
      else if (end === 'leave') leave();
      else house.clock.advance(60_000);
      worker.say(handle.id, gone);
      expect(house.bugs).toEqual([]);
      expect(handle.log.ending).not.toBeNull();
      expect(code(handle)).not.toBe('internal_error');
      const calls = handle.log.items.filter(({ kind }) => kind === 'function_call').length;
      if (output.blocksMax !== null) expect(calls).toBeLessThanOrEqual(output.blocksMax);
      if (bounds.callsMax !== null) expect(calls).toBeLessThanOrEqual(bounds.callsMax);
      if (end !== 'exit') expect(house.clock.pending).toBeLessThanOrEqual(before);
    }),
    { numRuns: Number(process.env['RUNS'] ?? 200) },
  );
});
