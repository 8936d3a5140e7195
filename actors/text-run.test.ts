/** A run of deltas in bytes is the same as its deltas: in the log, to the machine, and whatever has to look at the text. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { House } from '../testkit/house.ts';
import { events, outputs, terms } from '../testkit/output-arbitrary.ts';
import { asRuns, eventsOf } from '../testkit/text-runs.ts';
import { accepted, ended, gone } from '../testkit/words.ts';
import { noTerms, plainOutput, type Terms } from './terms.ts';
import type { TurnEvent } from './turn.ts';

/** Everything that JSON writes in a way of its own, and what only looks like it. */
const awkward = fc.constantFrom(
  '"',
  '\\',
  '\\n',
  '/',
  '\n',
  '\r\n',
  '\t',
  '\b\f',
  '\0',
  '\u001f',
  '\u007f',
  '\u2028',
  'é',
  '漢',
  '👩‍👧',
  '\ufffd',
  '\ud83d',
  '\ude00',
  '\u001b[31m',
  '<',
  'a b',
);
const delta = fc.record({
  type: fc.constant('text.delta' as const),
  item: fc.constantFrom('a', 'a', 'a', 'b'),
  delta: fc
    .array(fc.oneof(awkward, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 4 })
    .map((all) => all.join('')),
});
const batches = fc.array(
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: delta },
      events.filter((event) => typeof event !== 'number'),
    ),
    { maxLength: 8 },
  ),
  { maxLength: 8 },
);
const bare = fc.constant(plainOutput);
const usual = fc.constant({ ...plainOutput, stripAnsi: true });

const told = (said: readonly (readonly TurnEvent[])[], asked: Terms) => {
  const house = new House().rise();
  const handle = house.open({ streaming: true, terms: asked });
  let flushes = 0;
  handle.read(() => (flushes += 1));
  const worker = house.launcher.worker(0);
  worker.say(handle.id, accepted);
  for (const batch of said) worker.say(handle.id, ...batch);
  worker.say(handle.id, ended);
  worker.say(handle.id, gone);
  return { record: handle.log.toRecord(), flushes, bugs: house.bugs, sent: worker.sent };
};

test('a run means the same as its deltas, whatever is asked of the answer', () => {
  fc.assert(
    fc.property(batches, fc.oneof(bare, usual, outputs), terms, (batched, output, bounds) => {
      // The item as the worker holds it goes on where the deltas end, which shows whether their length is known.
      const text = batched
        .flat()
        .flatMap((event) => (event.type === 'text.delta' && event.item === 'a' ? event.delta : []));
      const closed: TurnEvent = { type: 'item.closed', item: 'a', kind: 'message', text: `${text.join('')}more` };
      const said = [...batched, [closed]];
      const asked = { ...noTerms, ...bounds, output: { ...plainOutput, ...output } };
      expect(told(said.map(asRuns), asked)).toEqual(told(said, asked));
    }),
    { numRuns: Number(process.env['RUNS'] ?? 150) },
  );
});

test('a run is taken apart into what it was made of', () => {
  fc.assert(
    fc.property(fc.array(delta), (deltas) => {
      expect(asRuns(deltas).flatMap(eventsOf)).toEqual(deltas);
    }),
  );
});
