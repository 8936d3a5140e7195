import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HostNode, hostOf } from '../../testkit/host-nodes.ts';
import { arrived } from '../../testkit/link-pair.ts';
import { RateLimiter } from '../rate-limit.ts';
import type { Entry } from '../stream-guard.ts';
import { HostUnreachable } from './host.ts';
import { HostDesk } from './host-desk.ts';
import { LinkedHost } from './linked-host.ts';

const parts = { HostDesk, LinkedHost };

interface Held {
  readonly of: HostNode;
  readonly entry: Entry;
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('enter' as const), which: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('leave' as const), which: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('die' as const), which: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('arrive' as const), which: fc.constant(0) }) },
);

test('never more are inside than may be, whoever enters, leaves and dies when; in the end each place is free', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 30 }), async (max, steps) => {
      const { desk, nodes, rise } = hostOf(parts, 3, () => ({ streamsMax: max }));
      const held = new Set<Held>();
      const dead = new Set<HostNode>();
      const inside = (): number => [...held].filter(({ of }) => !dead.has(of)).length;
      const asked: Promise<unknown>[] = [];
      for (const { type, which } of steps) {
        if (type === 'enter') {
          const of = nodes[which]!;
          const enter = async (): Promise<void> => {
            const entry = await of.host.enter();
            if (entry.after > entry.before && !dead.has(of)) held.add({ of, entry });
            expect(inside()).toBeLessThanOrEqual(max);
          };
          asked.push(enter().catch((error: unknown) => expect(error).toBeInstanceOf(HostUnreachable)));
        } else if (type === 'leave') {
          const one = [...held][which % Math.max(1, held.size)];
          one?.entry.leave();
          one?.entry.leave();
          if (one !== undefined) held.delete(one);
        } else if (type === 'die') {
          const of = nodes[which]!;
          of.kill();
          dead.add(of);
          await arrived();
          nodes[which] = rise(which);
        } else {
          await arrived();
          expect(await nodes[0]!.host.streamsOpen()).toBe(inside());
        }
      }
      await Promise.all(asked);
      for (const { entry } of held) entry.leave();
      await arrived();
      expect(await nodes[1]!.host.streamsOpen()).toBe(0);
      expect(desk).toBeDefined();
    }),
    { numRuns: 60 },
  );
});

test('all places can be had, by one node or by several', async () => {
  const { nodes } = hostOf(parts, 2, () => ({ streamsMax: 3 }));
  const told = [];
  for (const node of [0, 1, 0, 1, 0]) {
    const { before, after } = await nodes[node]!.host.enter();
    told.push([before, after]);
  }
  expect(told).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 3],
    [3, 3],
  ]);
  expect(nodes.map(({ host }) => host.streams)).toEqual([2, 1]);
});

test('the bucket of a caller is one for all nodes', async () => {
  const limit = { max: 3, windowMs: 60_000 };
  const { nodes, clock } = hostOf(parts, 2, (time) => ({ limiter: new RateLimiter(limit, time, 10) }));
  const takes = [];
  for (const node of [0, 1, 0, 1, 0]) takes.push(await nodes[node]!.host.take('somebody'));
  expect(takes).toEqual([null, null, null, 20_000, 20_000]);
  clock.advance(20_000);
  expect(await nodes[1]!.host.take('somebody')).toBe(null);
  expect(await nodes[0]!.host.take('somebody')).toBe(20_000);
});

test('many who come at once need few messages, and each is answered', async () => {
  const { nodes } = hostOf(parts, 2, () => ({ streamsMax: 3_000 }));
  const { host } = nodes[0]!;
  const entries = await Promise.all(Array.from({ length: 4_000 }, async () => host.enter()));
  expect(entries.filter(({ before, after }) => after > before)).toHaveLength(3_000);
  for (const { leave } of entries) leave();
  expect(await nodes[1]!.host.streamsOpen()).toBe(0);
});

test('a parent that is silent, or gone, lets nobody in', async () => {
  const { nodes, clock, desk } = hostOf(parts, 1);
  expect(desk).toBeDefined();
  const late = [nodes[0]!.host.take('somebody'), nodes[0]!.host.enter()].map((one) =>
    Promise.resolve(one as Promise<unknown>).catch((error: unknown) => error),
  );
  clock.advance(5_000);
  expect(await Promise.all(late)).toEqual([expect.any(HostUnreachable), expect.any(HostUnreachable)]);
  await arrived();
  // What was let in after all was given back.
  expect(await nodes[0]!.host.streamsOpen()).toBe(0);
  nodes[0]!.kill();
  await arrived();
  await expect(nodes[0]!.host.enter()).rejects.toThrow(HostUnreachable);
  expect((await nodes[0]!.host.condition()).health).toMatchObject({ ready: false, live: false });
});

test('nonsense is refused, and costs nobody a place', async () => {
  const { nodes } = hostOf(parts, 1, () => ({ streamsMax: 1 }));
  const { peer, host } = nodes[0]!;
  for (const nonsense of [null, 'x', {}, [1.5], [7, 7], ['x']]) {
    await expect(peer.ask('streams.enter', nonsense)).rejects.toThrow();
    peer.tell('streams.left', nonsense);
  }
  for (const nonsense of [null, 1, [1], ['x'.repeat(300)]])
    await expect(peer.ask('rate.take', nonsense)).rejects.toThrow();
  expect(await host.streamsOpen()).toBe(0);
  expect(await host.enter()).toMatchObject({ before: 0, after: 1 });
});
