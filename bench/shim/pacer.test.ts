import { expect, test } from 'vitest';
import { createManualClock } from '../../testkit/app-server/clock.ts';
import { paced, oneByOne } from '../play.ts';
import { createPacer } from './pacer.ts';

function stand() {
  const clock = createManualClock(0);
  const pacer = createPacer({ now: clock.now, after: clock.schedule });
  const steps: string[] = [];
  const run = (name: string, everyMs: number, times: number, delayMs = 0): (() => void) => {
    let left = times;
    return pacer.start({ ...paced(times, everyMs), delayMs }, () => {
      steps.push(`${name}@${clock.now()}`);
      left -= 1;
      return left > 0;
    });
  };
  return { clock, pacer, steps, run };
}

test('each turn has its pace, and a later one does not wait for an earlier one', () => {
  const { clock, steps, run } = stand();
  run('slow', 100, 2, 100);
  clock.advance(10);
  run('fast', 10, 3);
  clock.drain();
  expect(steps).toEqual(['fast@10', 'fast@20', 'fast@30', 'slow@100', 'slow@200']);
});

test('without a pace turns take steps by turns', () => {
  const { clock, steps, run } = stand();
  expect(oneByOne(3).everyMs).toBe(0);
  run('a', 0, 2);
  run('b', 0, 2);
  clock.drain();
  expect(steps).toEqual(['a@0', 'b@0', 'a@0', 'b@0']);
});

test('nobody steps while the reader is behind; then those that are late catch up', () => {
  const { clock, pacer, steps, run } = stand();
  run('a', 10, 4);
  clock.advance(10);
  pacer.hold(true);
  clock.advance(15);
  pacer.hold(false);
  clock.drain();
  expect(steps).toEqual(['a@0', 'a@10', 'a@25', 'a@30']);
});

test('a turn that was stopped takes no step', () => {
  const { clock, steps, run } = stand();
  const stop = run('a', 10, 4);
  clock.advance(5);
  stop();
  clock.drain();
  expect(steps).toEqual(['a@0']);
});
