import fc from 'fast-check';
import { expect, test } from 'vitest';
import { House } from '../testkit/house.ts';
import { accepted, closed, code, delta, ended, gone, opened, sampled, text } from '../testkit/words.ts';
import { noTerms } from './terms.ts';
import type { TurnEvent } from './turn.ts';

const whole = { streaming: false } as const;
const summary: TurnEvent = { type: 'summary.delta', item: 'r1', index: 0, delta: 'I think' };

const curtailed = (events: readonly TurnEvent[], terms = noTerms) => {
  const house = new House({ curtailMs: 500 }).rise();
  const handle = house.open({ ...whole, terms });
  const worker = house.launcher.worker(0);
  for (const event of events) worker.say(handle.id, event);
  house.clock.advance(499);
  expect(handle.log.ending).toBeNull();
  house.clock.advance(1);
  return { house, handle, worker };
};

test('P-159 an answer that has begun ends as it is, and its turn is interrupted', () => {
  const { handle, worker, house } = curtailed([accepted, opened, delta('so '), delta('far')]);
  expect([code(handle), text(handle), handle.log.items[0]?.status]).toEqual(['incomplete', 'so far', 'incomplete']);
  expect(handle.log.ending).toMatchObject({ outcome: { reason: 'max_output_tokens' }, isEstimate: true });
  expect(worker.has('turn.stop')).toBe(true);
  worker.say(handle.id, delta(' late'), ended, gone);
  expect(text(handle)).toBe('so far');
  expect([house.bugs, house.node.health().workers[0]?.activeTurns]).toEqual([[], 0]);
});

test('P-159 text that was held back for a stop sequence is told', () => {
  const { handle } = curtailed([accepted, opened, delta('so far S')], { ...noTerms, stop: ['STOP'] });
  expect(text(handle)).toBe('so far S');
});

test.each([
  ['nothing was said', []],
  ['the turn was accepted', [accepted]],
  ['a message was opened', [accepted, opened]],
  ['the model has only thought', [accepted, summary]],
])('P-159 without text it has taken too long: %s', (_, events) => {
  const { handle, worker } = curtailed(events);
  expect([code(handle), worker.has('turn.stop')]).toEqual(['idle_timeout', true]);
});

test('P-159 a request that still waits for a worker leaves the queue', () => {
  const house = new House({ curtailMs: 500 });
  const handle = house.open(whole);
  house.clock.advance(500);
  expect([code(handle), house.node.health().queued]).toEqual(['idle_timeout', 0]);
  house.rise();
  expect(house.launcher.worker(0).has('turn.start')).toBe(false);
  expect([house.bugs, house.node.health().deadLetters]).toEqual([[], 0]);
});

test('P-159 streams, and answers that are done, are left alone', () => {
  const house = new House({ curtailMs: 500 }).rise();
  const live = house.open({ streaming: true });
  const done = house.open(whole);
  const worker = house.launcher.worker(0);
  worker.say(live.id, accepted, opened, delta('a'));
  worker.say(done.id, accepted, opened, delta('b'), closed('b'), sampled, ended, gone);
  house.clock.advance(1_000);
  expect([live.log.ending, code(done), text(done)]).toEqual([null, 'completed', 'b']);
});

test('P-159 whatever has been said by then, the answer ends once, and the slot comes back', () => {
  const event = fc.constantFrom<TurnEvent>(accepted, opened, delta('a'), closed('a'), summary, sampled, ended, gone);
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), fc.array(event, { maxLength: 4 }), (before, after) => {
      const house = new House({ curtailMs: 500 }).rise();
      const handle = house.open(whole);
      const worker = house.launcher.worker(0);
      for (const one of before) worker.say(handle.id, one);
      house.clock.advance(500);
      expect(handle.log.ending).not.toBeNull();
      for (const one of after) worker.say(handle.id, one);
      house.clock.advance(10_000);
      expect([house.bugs, house.node.health().workers[0]?.activeTurns]).toEqual([[], 0]);
    }),
  );
});
