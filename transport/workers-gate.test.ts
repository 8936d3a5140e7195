import { expect, test } from 'vitest';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { WorkersGate } from './workers-gate.ts';

const gateAt = () => {
  const clock = new VirtualClock();
  const gate = new WorkersGate(clock, 15_000);
  const told: boolean[] = [];
  let nodes = 0;
  const ask = async (): Promise<void> => void told.push(await gate.ask(nodes++));
  return { clock, gate, told, ask };
};
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

test('the first goes at once and renews, the others when its worker is ready', async () => {
  const { clock, gate, told, ask } = gateAt();
  for (let one = 0; one < 3; one += 1) void ask();
  await turns();
  expect(told).toEqual([true]);
  gate.open();
  await turns();
  expect(told).toEqual([true, false, false]);
  await ask();
  expect(told).toHaveLength(4);
  expect(clock.pending).toBe(0);
});

test('nobody waits for ever for a worker that does not come', async () => {
  const { clock, told, ask } = gateAt();
  for (let one = 0; one < 2; one += 1) void ask();
  clock.advance(15_000);
  await turns();
  expect(told).toEqual([true, false]);
});

test('when the one who renews is gone before its worker was ready, the next one renews', async () => {
  const { clock, gate, told, ask } = gateAt();
  for (let one = 0; one < 3; one += 1) void ask();
  gate.left(0);
  await turns();
  expect(told).toEqual([true, true]);
  gate.left(1);
  gate.left(2);
  await turns();
  expect(told).toEqual([true, true, true]);
  void ask();
  await turns();
  expect(told).toEqual([true, true, true, true]);
  gate.open();
  await turns();
  expect(clock.pending).toBe(0);
});
