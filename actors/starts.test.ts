import { expect, test } from 'vitest';
import type { FakeChannel } from '../testkit/fake-launcher.ts';
import { House } from '../testkit/house.ts';
import { accepted, busy, delta, ended, gone, opened } from '../testkit/words.ts';
import type { ResponseHandle } from './service.ts';

const scene = (workers = 2) => {
  const house = new House({ workers }).rise();
  const handle = house.open();
  const serving = (): FakeChannel => {
    const found = house.launcher.channels.findLast(({ turns }) => turns.includes(handle.id));
    if (found === undefined) throw new Error('nobody serves it');
    return found;
  };
  const seen = (): readonly number[] => [house.node.starts.waiting, house.node.starts.settled];
  return { house, handle, serving, seen };
};
const leave = (handle: ResponseHandle): void => handle.read(() => {})();

test('a turn is on its way until a worker has taken it, and then no more', () => {
  const { handle, serving, seen } = scene();
  expect(seen()).toEqual([1, 0]);
  serving().say(handle.id, accepted);
  expect(seen()).toEqual([0, 1]);
  serving().say(handle.id, opened, delta('x'), ended, gone);
  expect(seen()).toEqual([0, 1]);
});

test('one that a worker refuses, or that its death takes back, is on its way again with the next', () => {
  const refused = scene();
  refused.serving().say(refused.handle.id, busy, gone);
  expect(refused.seen()).toEqual([1, 1]);
  const dead = scene();
  dead.serving().exit();
  expect(dead.seen()).toEqual([1, 1]);
  dead.serving().say(dead.handle.id, accepted);
  expect(dead.seen()).toEqual([0, 2]);
});

test('one whose client leaves, whose process ends for good, or that is aborted is not on its way', () => {
  const left = scene();
  leave(left.handle);
  expect(left.seen()).toEqual([0, 1]);
  const aborted = scene();
  aborted.house.node.abort();
  expect(aborted.seen()).toEqual([0, 1]);
  const late = scene(1);
  late.serving().exit();
  expect(late.seen()).toEqual([0, 1]);
});

test('who waits for a place waits for nothing that the gateway has to do', () => {
  const { house, seen } = scene(1);
  for (let more = 0; more < 3; more += 1) house.open();
  // Two turns a worker.
  expect(seen()).toEqual([2, 0]);
});
