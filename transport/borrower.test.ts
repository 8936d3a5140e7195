import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Archive } from '../actors/archive.ts';
import type { Exchange, Kept } from '../actors/store.ts';
import { arrived } from '../testkit/link-pair.ts';
import { freely, lendingHost } from '../testkit/lending-host.ts';
import { completed, emptyLog, end, say } from '../testkit/log-examples.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { linkLimits } from './frames.ts';
import { claimKind, deleteKind, type Found, lookKind, pieceKind } from './lending.ts';
import { MemoryStore } from './memory-store.ts';
import { idOfNode } from './node-ids.ts';

const random = (number: number): string => number.toString(16).padStart(32, '0');
const idAt = (node: number, number: number): string => idOfNode(node, random(number));

const exchange = (id: string, text = ''): Exchange => {
  const log = emptyLog(id);
  log.begin();
  say(log, `${id.replace('resp', 'msg')}_0`, [text]);
  return { input: [{ role: 'user', content: text }], log: end(log, completed, null).toRecord() };
};

const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index];
  if (found === undefined) throw new Error(`no ${index}`);
  return found;
};

/** All that a response goes on from, and itself. */
const told = (kept: Kept | null): readonly Exchange[] =>
  kept === null ? [] : [...told(kept.previous), { input: kept.input(), log: kept.log() }];

const found = async (archive: Archive, id: string, alone = false): Promise<Kept | 'running' | 'unreachable' | null> =>
  archive.find(id) ?? (archive.away(id) ? await archive.borrow(id, alone, freely) : null);
const keptOf = (one: Awaited<ReturnType<typeof found>>): Kept | null => (typeof one === 'string' ? null : one);

const owners = ['ann', 'bob'];
const step = fc.oneof(
  fc.record({
    type: fc.constant('put' as const),
    node: fc.nat(2),
    owner: fc.constantFrom(...owners),
    size: fc.oneof(fc.nat(40), fc.nat(900)),
    previous: fc.nat(6),
  }),
  fc.record({
    type: fc.constantFrom('delete' as const, 'read' as const),
    node: fc.nat(2),
    owner: fc.constantFrom(...owners),
    which: fc.nat(8),
  }),
);

test('three nodes together are like one: whatever is kept, continued, read or deleted, wherever it is asked', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 50, max: 2_000 }),
      async (steps, pieceBytes) => {
        const clock = new VirtualClock();
        const { nodes } = await lendingHost(3, { clock, pieceBytes });
        const one = new MemoryStore({ responsesMax: 1_000, bytesMax: 1_000_000_000, ttlMs: 1_000 }, clock);
        const ids: string[] = [];
        for (const [number, { type, node, owner, ...more }] of steps.entries()) {
          const archive = at(nodes, node).archive(owner);
          if (type === 'put') {
            const { size, previous } = more as { readonly size: number; readonly previous: number };
            const before = ids.at(-1 - previous) ?? 'resp_none';
            const id = idAt(node, number);
            const said = exchange(id, 'x'.repeat(size));
            at(nodes, node).store.put(owner, said, keptOf(await found(archive, before)));
            one.put(owner, said, one.find(owner, before));
            ids.push(id);
          } else {
            const id = ids.at(-1 - (more as { readonly which: number }).which) ?? 'resp_none';
            if (type === 'delete') {
              const gone = archive.delete(id) || (archive.away(id) ? await archive.deleteAway(id) : false);
              expect(gone).toBe(one.delete(owner, id));
            } else {
              const log = archive.read(id) ?? (archive.away(id) ? await archive.readAway(id, freely) : null);
              const expected = one.find(owner, id)?.log() ?? null;
              expect(typeof log === 'string' ? log : (log?.toRecord() ?? null)).toEqual(expected);
            }
          }
        }
        for (const owner of owners) {
          for (const id of ids) {
            for (const { archive } of nodes) {
              expect(told(keptOf(await found(archive(owner), id)))).toEqual(told(one.find(owner, id)));
              expect(told(keptOf(await found(archive(owner), id, true))).at(-1)?.log).toEqual(
                one.find(owner, id)?.log(),
              );
            }
          }
        }
        await arrived();
        expect(nodes.map(({ lender }) => lender.open)).toEqual([0, 0, 0]);
      },
    ),
    { numRuns: 25 },
  );
});

test('a conversation that wanders between nodes is held once by each', async () => {
  const { nodes } = await lendingHost(2);
  const text = 'x'.repeat(10_000);
  let before: string | null = null;
  const bytes: number[] = [];
  for (let turn = 0; turn < 8; turn += 1) {
    const { archive, store } = at(nodes, turn % 2);
    const id = idAt(turn % 2, turn);
    let taken = 0;
    const loan = { ...freely, take: (count: number) => void (taken += count) };
    const previous: Kept | 'running' | 'unreachable' | null =
      before === null ? null : await archive('ann').borrow(before, false, loan);
    store.put('ann', exchange(id, text), keptOf(previous));
    bytes.push(taken);
    before = id;
  }
  // From the third turn on, only the newest is not there yet.
  const [, second = 0] = bytes;
  expect(bytes.slice(1)).toEqual(bytes.slice(1).map(() => second));
  expect(at(nodes, 1).store.bytes).toBe(8 * second);
});

test('18 MB come in pieces, and whoever has taken them holds nothing at the lender', async () => {
  const { nodes } = await lendingHost(2);
  const id = idAt(1, 7);
  const said = exchange(id, 'é'.repeat(9_000_000));
  at(nodes, 1).store.put('ann', said, null);
  const log = await at(nodes, 0).archive('ann').readAway(id, freely);
  expect(typeof log === 'string' ? log : log?.toRecord().text.length).toBe(18_000_000);
  expect(at(nodes, 1).lender.open).toBe(0);
});

test('of a response that runs its log is told as it is; it cannot be continued, and deleting it ends it', async () => {
  const { nodes } = await lendingHost(2, { pieceBytes: 100 });
  const [here, there] = [at(nodes, 0), at(nodes, 1)];
  const id = idAt(1, 1);
  const log = emptyLog(id);
  log.begin();
  say(log, 'msg_1', ['so far']);
  let discarded = 0;
  there.running.set(`ann ${id}`, { log, discard: () => void (discarded += 1) });
  const read = await here.archive('ann').readAway(id, freely);
  expect(typeof read === 'string' ? read : read?.toRecord()).toEqual(log.toRecord());
  expect(await here.archive('ann').borrow(id, false, freely)).toBe('running');
  expect(await here.archive('bob').borrow(id, false, freely)).toBe(null);
  expect(await here.archive('ann').deleteAway(id)).toBe(true);
  expect(discarded).toBe(1);
});

test('more than may be brought comes alone, and says how much there is', async () => {
  const { nodes } = await lendingHost(2);
  const there = at(nodes, 1).store;
  for (let turn = 0; turn < 5; turn += 1)
    there.put(
      'ann',
      exchange(idAt(1, turn), 'x'.repeat(1_000)),
      turn === 0 ? null : there.find('ann', idAt(1, turn - 1)),
    );
  const whole = there.find('ann', idAt(1, 4));
  for (const loan of [
    { ...freely, responsesMax: 4 },
    { ...freely, bytesMax: (whole?.bytes ?? 0) - 1 },
  ]) {
    const kept = keptOf((await at(nodes, 0).archive('ann').borrow(idAt(1, 4), false, loan)) ?? null);
    expect([kept?.previous, kept?.count, kept?.bytes]).toEqual([null, 5, whole?.bytes]);
    expect(kept?.log()).toEqual(whole?.log());
  }
});

test('whenever the other node dies, what is asked of it is whole or unreachable, and then it is told that there is none', async () => {
  const said = exchange(idAt(1, 1), 'x'.repeat(5_000));
  for (let turns = 0; turns < 24; turns += 1) {
    const host = await lendingHost(2, { pieceBytes: 500 });
    const here = at(host.nodes, 0);
    const there = at(host.nodes, 1);
    there.store.put('ann', said, null);
    const asked = here.archive('ann').readAway(idAt(1, 1), freely);
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    for (const pipe of there.linked.pipes) pipe.destroy();
    const log = await asked;
    if (log !== 'unreachable') expect(log?.toRecord()).toEqual(said.log);
    expect(await here.archive('ann').readAway(idAt(1, 1), freely)).toBe('unreachable');
    expect(await here.archive('ann').deleteAway(idAt(1, 1))).toBe('unreachable');
    await host.start(1);
    expect(await here.archive('ann').readAway(idAt(1, 1), freely)).toBe(null);
  }
});

test('a node that does not answer is unreachable after its time', async () => {
  const clock = new VirtualClock();
  const { nodes } = await lendingHost(2, { clock });
  at(nodes, 1).linked.pipes[1].pause();
  const asked = at(nodes, 0).archive('ann').borrow(idAt(1, 1), false, freely);
  await arrived();
  clock.advance(5_000);
  expect(await asked).toBe('unreachable');
});

test('a loan that is refused is given back, and one that nobody takes is over by itself', async () => {
  const clock = new VirtualClock();
  const { nodes } = await lendingHost(2, { clock, pieceBytes: 100 });
  const [here, there] = [at(nodes, 0), at(nodes, 1)];
  const id = idAt(1, 1);
  there.store.put('ann', exchange(id, 'x'.repeat(500)), null);
  const take = (): never => {
    throw new Error('full');
  };
  await expect(here.archive('ann').readAway(id, { ...freely, take })).rejects.toThrow('full');
  await arrived();
  expect(there.lender.open).toBe(0);

  const peer = here.peers.of(1);
  if (peer === null) throw new Error('it is up');
  const { loan } = (await peer.ask(lookKind, { owner: 'ann', id, want: 'now' })) as Found;
  expect(there.lender.open).toBe(1);
  clock.advance(9_999);
  expect(await peer.ask(pieceKind, { loan, from: 0, to: 100 })).toHaveLength(100);
  for (const wrong of [
    { loan, from: 0, to: 101 },
    { loan, from: 100, to: 100 },
    { loan, from: 999_990, to: 1_000_000 },
    { loan: loan + 1, from: 0, to: 1 },
  ]) {
    expect(await peer.ask(pieceKind, wrong)).toBe(null);
  }
  clock.advance(9_999);
  expect(there.lender.open).toBe(1);
  clock.advance(1);
  expect([there.lender.open, await peer.ask(pieceKind, { loan, from: 0, to: 100 })]).toEqual([0, null]);
});

test('a question that is none is refused', async () => {
  const { nodes } = await lendingHost(2);
  const peer = at(nodes, 0).peers.of(1);
  for (const kind of [lookKind, pieceKind, deleteKind, claimKind]) {
    for (const payload of [null, [], { owner: 'ann', id: 7 }, { loan: -1, from: 0, to: 1 }, { name: {} }]) {
      await expect(peer?.ask(kind, payload)).rejects.toMatchObject({ fault: 'refused' });
    }
  }
});

test('ids that no node has made go to all of them, others nowhere', async () => {
  const { nodes } = await lendingHost(3);
  const here = at(nodes, 0).archive('ann');
  at(nodes, 2).store.put('ann', exchange('resp_mine', 'hello'), null);
  expect(told(keptOf(await found(here, 'resp_mine')))).toEqual([exchange('resp_mine', 'hello')]);
  expect(await found(here, 'resp_other')).toBe(null);
  expect(await here.deleteAway('resp_mine')).toBe(true);
  const nowhere = [
    '',
    'resp_',
    'nonsense',
    '../resp_x',
    idAt(0, 1),
    idAt(3, 1),
    idAt(255, 1),
    `resp_${'x'.repeat(200)}`,
  ];
  expect(nowhere.filter((id) => here.away(id))).toEqual([]);
  expect(here.away(idAt(2, 9))).toBe(true);
});

test('a name is given once in a host, whoever asks for it at the same time', async () => {
  const { nodes } = await lendingHost(3);
  const claim = (node: number, name: string): Promise<boolean | 'unreachable'> => at(nodes, node).borrower.claim(name);
  expect(await claim(0, 'resp_mine')).toBe(true);
  expect(await claim(1, 'resp_mine')).toBe(false);
  const both = await Promise.all([claim(0, 'resp_both'), claim(1, 'resp_both')]);
  expect(both.filter((claimed) => claimed === true).length).toBeLessThan(2);
  expect(await claim(0, idAt(1, 1))).toBe(false);
  for (const pipe of at(nodes, 2).linked.pipes) pipe.destroy();
  await arrived();
  expect(await claim(0, 'resp_new')).toBe('unreachable');
});

test('a response with a name of its own is found at the node that has it while another node is away', async () => {
  const { nodes } = await lendingHost(3);
  at(nodes, 1).store.put('ann', exchange('resp_mine', 'text'), null);
  for (const pipe of at(nodes, 2).linked.pipes) pipe.destroy();
  await arrived();
  const ann = at(nodes, 0).archive('ann');
  expect(told(keptOf(await found(ann, 'resp_mine')))).toHaveLength(1);
  expect(await found(ann, 'resp_other')).toBe('unreachable');
  expect(await ann.deleteAway('resp_mine')).toBe(true);
});

test('many readers of large responses of one node are served in turns, over a link that holds little', async () => {
  const { nodes } = await lendingHost(2, { link: { ...linkLimits, waitingBytesMax: 4_000_000 } });
  at(nodes, 1).store.put('ann', exchange(idAt(1, 1), 'x'.repeat(60_000)), null);
  const ann = at(nodes, 0).archive('ann');
  const reads = await Promise.all(Array.from({ length: 200 }, () => ann.readAway(idAt(1, 1), freely)));
  expect(reads.filter((log) => log === 'unreachable' || log === null)).toEqual([]);
});
