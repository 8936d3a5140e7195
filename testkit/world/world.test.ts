/** The world itself: that a response comes through it, and that each way in which a process can go wrong is one. */

import { expect, test } from 'vitest';
import { code, text } from '../words.ts';
import type { MemoryProcess, ProcessPlan } from './memory-process.ts';
import { turnOf, World, type WorldOptions } from './world.ts';

const risen = async (options: Partial<WorldOptions> = {}): Promise<World> => {
  const world = new World({ seed: 7, ...options });
  expect(await world.ready()).toBe(true);
  return world;
};
const process = (world: World): MemoryProcess => {
  const found = world.processes.all.at(-1);
  if (found === undefined) throw new Error('no process');
  return found;
};
const slowly = 'hello [[sc:text n=40 delay=100]]';

test('an answer comes whole, and nothing is left', async () => {
  const world = await risen();
  const handle = world.open(turnOf('[[sc:text text="ho ho  ho" cut=points]]'));
  handle.read(() => undefined);
  await world.advance(1_000);
  expect([code(handle), text(handle)]).toEqual(['completed', 'ho ho  ho']);
  expect(await world.end()).toEqual([]);
});

test.each<[string, (process: MemoryProcess) => void]>([
  ['torn', (one) => one.die(null, 'SIGSEGV', true)],
  ['ended with code 0', (one) => one.die(0, null)],
  ['with closed output', (one) => one.closeStdout()],
  ['with closed input', (one) => one.closeStdin()],
])('a process that is %s costs its responses their answers and is replaced', async (_, harm) => {
  const world = await risen();
  const handle = world.open(turnOf(slowly));
  await world.advance(1_000);
  harm(process(world));
  await world.advance(400);
  expect(code(handle)).toBe('worker_exited');
  expect(await world.ready()).toBe(true);
  expect(process(world).epoch).toBe(2);
  expect(await world.end()).toEqual([]);
});

test('a frozen process is silent until it thaws', async () => {
  const world = await risen();
  const handle = world.open(turnOf(slowly));
  await world.advance(1_000);
  process(world).freeze();
  await world.advance(10);
  const before = handle.log.length;
  await world.advance(5_000);
  expect(handle.log.length).toBe(before);
  process(world).thaw();
  await world.advance(5_000);
  expect(code(handle)).toBe('completed');
  expect(await world.end()).toEqual([]);
});

test('a process that does not read fills its pipe, and drains it later', async () => {
  const world = await risen({ plan: () => ({ stdinBytesMax: 100 }) });
  process(world).deafen();
  const handles = Array.from({ length: 2 }, () => world.open(turnOf('hello')));
  await world.advance(2_000);
  expect(handles.map(code)).toEqual([undefined, undefined]);
  process(world).listen();
  await world.advance(2_000);
  expect(handles.map(code)).toEqual(['completed', 'completed']);
  expect(await world.end()).toEqual([]);
});

test.each<[string, ProcessPlan]>([
  ['that is not there', { spawn: 'missing' }],
  ['that cannot be started', { spawn: 'fails' }],
  ['of another version', { server: { version: '0.1.0' } }],
  [
    'that refuses to initialize',
    { server: { rules: [{ method: 'initialize', times: 1, act: { code: -1, message: 'no' } }] } },
  ],
  ['that is never ready', { server: { neverReady: true } }],
])('a program %s is tried again', async (_, plan) => {
  const world = new World({ seed: 7, plan: ({ epoch }) => (epoch < 3 ? plan : {}) });
  const handle = world.open(turnOf('hello'));
  expect(await world.until(() => world.node.health().ready, 120_000)).toBe(true);
  expect(world.node.health().workers[0]?.restartsTotal).toBe(2);
  await world.advance(1_000);
  expect(['completed', 'worker_not_ready', 'worker_busy', 'worker_incompatible']).toContain(code(handle));
  expect(await world.end()).toEqual([]);
});

test('what is not let go of is told', async () => {
  const world = await risen();
  world.clock.schedule(2 ** 40, () => undefined);
  expect(await world.end()).toEqual(['1 timers are still set']);
});

test('one seed, one run', async () => {
  const run = async (seed: number): Promise<string> => {
    const letters: string[] = [];
    const world = new World({
      seed,
      probe: { letter: (letter, at) => letters.push(JSON.stringify([at, letter])) },
    });
    await world.ready();
    for (let index = 0; index < 5; index += 1) world.open(turnOf(`[[sc:text n=9 delay=3]] ${index}`));
    await world.end();
    return letters.join('\n');
  };
  const [first, again, other] = [await run(1), await run(1), await run(2)];
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});
