import { expect, test } from 'vitest';
import { PortDesk } from './port-desk.ts';

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

test('a port that is given is everybody’s', async () => {
  const desk = new PortDesk(8_080);
  expect(await Promise.all([desk.ask(Symbol('a')), desk.ask(Symbol('b'))])).toEqual([8_080, 8_080]);
});

test('the first takes a free one, the others wait for it', async () => {
  const desk = new PortDesk(0);
  expect(await desk.ask(Symbol('a'))).toBe(0);
  const others = [desk.ask(Symbol('b')), desk.ask(Symbol('c'))];
  desk.found(41_234);
  expect(await Promise.all(others)).toEqual([41_234, 41_234]);
  desk.found(9);
  expect(desk.port).toBe(41_234);
});

test('when the first is lost, one of the others takes its place', async () => {
  const desk = new PortDesk(0);
  const first = Symbol('a');
  await desk.ask(first);
  const told: number[] = [];
  for (const name of ['b', 'c']) void desk.ask(Symbol(name)).then((port) => told.push(port));
  desk.lost(Symbol('another'));
  await turns();
  expect(told).toEqual([]);
  desk.lost(first);
  await turns();
  expect(told).toEqual([0]);
  desk.found(41_234);
  await turns();
  expect(told).toEqual([0, 41_234]);
});
