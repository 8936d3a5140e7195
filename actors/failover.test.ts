/**
 * A turn that moves to another worker, through the whole runtime: the prompt is held as long as it may be needed and no longer,
 * and nothing that the first worker says later reaches the answer.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { FakeChannel } from '../testkit/fake-launcher.ts';
import { House } from '../testkit/house.ts';
import { accepted, busy, code, delta, ended, gone, opened, text } from '../testkit/words.ts';
import type { ResponseHandle } from './service.ts';
import type { Turn } from './turn.ts';

interface Scene {
  readonly house: House;
  readonly handle: ResponseHandle;
  readonly first: FakeChannel;
  /** The process that was given the turn when the first one came to nothing. */
  readonly second: () => FakeChannel;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const prompt: Turn = { model: 'gpt-5.4', items: [{ type: 'message', role: 'user', content: 'the prompt' }] };

const scene = (workers = 2): Scene => {
  const house = new House({ workers }).rise();
  const handle = house.open({ turn: prompt });
  const serving = (): FakeChannel[] => house.launcher.channels.filter(({ turns }) => turns.includes(handle.id));
  const [first] = serving();
  if (first === undefined) throw new Error('nobody serves it');
  const second = (): FakeChannel => {
    const [other] = serving().filter((channel) => channel !== first);
    if (other === undefined) throw new Error('it was not tried again');
    return other;
  };
  return { house, handle, first, second };
};
const given = (channel: FakeChannel): readonly Turn[] =>
  channel.sent.flatMap((command) => (command.type === 'turn.start' ? [command.turn] : []));
const activeTurns = ({ house }: Scene): readonly number[] =>
  house.node.health().workers.map((worker) => worker.activeTurns);

describe('a worker that dies before it has accepted the turn', () => {
  test('costs nothing when there is another one', () => {
    const { handle, first, second, house } = scene();
    first.exit();
    expect([given(second()), handle.log.length]).toEqual([[prompt], 0]);
    second().say(handle.id, accepted, opened, delta('x'), ended, gone);
    expect([code(handle), text(handle), house.node.health().deadLetters]).toEqual(['completed', 'x', 0]);
  });

  test('costs nothing when it comes back in time', () => {
    const { handle, first, second, house } = scene(1);
    first.exit();
    house.clock.advance(500);
    house.launcher.worker(0).rise();
    second().say(handle.id, accepted, opened, delta('x'), ended, gone);
    expect([code(handle), text(handle)]).toEqual(['completed', 'x']);
  });

  test('is one failure of two that a client never hears of, also when the head of the answer is out', () => {
    const { handle, first, second, house } = scene();
    house.clock.advance(1_000);
    expect(handle.log.length).toBe(2);
    first.exit();
    house.clock.advance(1_000);
    expect(handle.log.length).toBe(2);
    second().exit();
    expect(code(handle)).toBe('worker_exited');
  });

  test('is not waited for longer than a place in the queue is', () => {
    const { handle, first, house } = scene(1);
    first.exit();
    house.clock.advance(29_999);
    expect(code(handle)).toBeUndefined();
    house.clock.advance(1);
    expect(code(handle)).toBe('worker_busy');
  });
});

describe('a worker without room', () => {
  test('lets go of the turn first; then another one has it', () => {
    const it = scene();
    const { handle, first, second } = it;
    first.say(handle.id, busy);
    expect([first.has('turn.stop'), activeTurns(it)]).toEqual([true, [1, 0]]);
    first.say(handle.id, gone);
    expect(activeTurns(it)).toEqual([0, 1]);
    second().say(handle.id, accepted, opened, delta('x'), ended, gone);
    expect([code(handle), text(handle), activeTurns(it)]).toEqual(['completed', 'x', [0, 0]]);
  });

  test('is told at once when there is no other one', () => {
    const { handle, first } = scene(1);
    first.say(handle.id, busy);
    first.say(handle.id, gone);
    expect([code(handle), first.turns.length]).toEqual(['worker_busy', 1]);
  });

  test('may say what it likes afterwards', () => {
    const { handle, first, second } = scene();
    first.say(handle.id, busy, opened, delta('stray'));
    first.say(handle.id, gone, opened, delta('stray'));
    second().say(handle.id, accepted, opened, delta('x'));
    first.say(handle.id, delta('stray'), ended, gone);
    expect([code(handle), text(handle)]).toEqual([undefined, 'x']);
    second().say(handle.id, ended, gone);
    expect([code(handle), text(handle)]).toEqual(['completed', 'x']);
  });

  test('may be heard of when it no longer matters', () => {
    const { house, handle, first, second } = scene();
    first.say(handle.id, busy);
    house.clock.advance(5_000);
    first.say(handle.id, gone);
    second().say(handle.id, accepted, opened, delta('x'), ended, gone);
    expect([code(handle), house.node.health().deadLetters]).toEqual(['completed', 0]);
  });
});

test.each([accepted, delta('x')])('a turn that was accepted is not begun again: $type', (word) => {
  const { handle, first, house } = scene();
  first.say(handle.id, word);
  first.exit();
  expect(code(handle)).toBe('worker_exited');
  expect(house.launcher.channels.flatMap(({ turns }) => turns)).toEqual([handle.id]);
});

test('a programmer’s error while a turn waits for its second worker takes its request back', () => {
  const { handle, first, house } = scene(1);
  first.exit();
  expect(house.node.health().queued).toBe(1);
  house.node.abort();
  expect([code(handle), house.node.health().queued]).toEqual(['internal_error', 0]);
});

test('the prompt is forgotten as soon as a worker has accepted the turn', async () => {
  const house = new House({ workers: 2 }).rise();
  const held = (): { readonly kept: WeakRef<Turn>; readonly handle: ResponseHandle } => {
    const turn: Turn = { model: 'gpt-5.4', items: [] };
    return { kept: new WeakRef(turn), handle: house.open({ turn }) };
  };
  const { kept, handle } = held();
  const [first] = house.launcher.channels.filter(({ turns }) => turns.includes(handle.id));
  const collected = async (): Promise<boolean> => {
    // What the fake keeps of it is not the runtime's.
    first?.sent.splice(0);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    collect();
    return kept.deref() === undefined;
  };
  expect(await collected()).toBe(false);
  first?.say(handle.id, accepted);
  expect(await collected()).toBe(true);
});
