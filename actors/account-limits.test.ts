import { expect, test } from 'vitest';
import { House } from '../testkit/house.ts';

test('a node knows what any of its workers heard last, and nothing before', () => {
  const house = new House().rise();
  expect(house.node.limits()).toBeNull();
  for (const usedPercent of [42, 43]) {
    const limits = { primary: { usedPercent, windowMinutes: 300, resetsAt: 1 }, secondary: null };
    house.launcher.worker(0).facts.next({ type: 'limits.observed', limits });
    expect(house.node.limits()).toEqual(limits);
  }
  house.launcher.worker(0).exit();
  expect(house.node.limits()).toMatchObject({ primary: { usedPercent: 43 } });
});
