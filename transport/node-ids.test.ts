import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeOfId, nodesInIdsMax } from './node-ids.ts';
import { RandomIds } from './random-ids.ts';

test('an id tells the node that made it, at the same length as where there is one node', () => {
  const plain = new RandomIds().response();
  for (let node = 0; node < nodesInIdsMax; node += 1) {
    const id = new RandomIds(node).response();
    expect([nodeOfId(id), id.length]).toEqual([node, plain.length]);
  }
});

test('the same node in another life makes other ids', () => {
  const made = [new RandomIds(3), new RandomIds(3)].flatMap((ids) => Array.from({ length: 500 }, () => ids.response()));
  expect(new Set(made).size).toBe(1_000);
});

test('whatever else comes tells no node, or one that can be', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^resp_[0-9a-fA-F]{30,34}$/)), (text) => {
      const node = nodeOfId(text);
      expect(node === null || /^resp_[0-9a-f]{32}$/.test(text)).toBe(true);
      expect(node === null || (node >= 0 && node < nodesInIdsMax)).toBe(true);
    }),
  );
});
