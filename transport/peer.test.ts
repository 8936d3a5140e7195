import { describe, expect, test } from 'vitest';
import { linkFaultOf } from '../actors/link.ts';
import { arrived, linkPair } from '../testkit/link-pair.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import type { LinkLimits } from './frames.ts';
import { LinkPeer } from './peer.ts';

const pair = (options: { readonly asksMax?: number } = {}, limits?: LinkLimits) => {
  const clock = new VirtualClock();
  const { parent, node } = linkPair(limits);
  const failed: string[] = [];
  const at = { clock, ...options, failed: (kind: string) => failed.push(kind) };
  return {
    clock,
    failed,
    links: { parent, node },
    parent: new LinkPeer({ link: parent, ...at }),
    node: new LinkPeer({ link: node, ...at }),
  };
};

const faultOf = (asked: Promise<unknown>): Promise<unknown> => asked.then(() => 'replied', linkFaultOf);

describe('a peer', () => {
  test('replies to each ask with its own answer, whenever that comes', async () => {
    const { parent, node, clock } = pair();
    const held = Promise.withResolvers<unknown>();
    parent.answer('slow', () => held.promise);
    parent.answer('double', (payload) => Number(payload) * 2);
    const slow = node.ask('slow', null);
    expect(await Promise.all([1, 2, 3].map((number) => node.ask('double', number)))).toEqual([2, 4, 6]);
    held.resolve({ late: true });
    expect(await slow).toEqual({ late: true });
    expect(clock.pending).toBe(0);
  });

  test('asks and is asked at once, both ways', async () => {
    const { parent, node } = pair();
    parent.answer('who', () => 'parent');
    node.answer('who', () => 'node');
    expect(await Promise.all([parent.ask('who', null), node.ask('who', null)])).toEqual(['node', 'parent']);
  });

  test('is told, without a reply', async () => {
    const { parent, node } = pair();
    const told: unknown[] = [];
    parent.answer('noted', (payload) => void told.push(payload));
    node.tell('noted', { a: 1 });
    node.tell('unknown', null);
    await arrived();
    expect(told).toEqual([{ a: 1 }]);
  });

  test('times out at the deadline; the reply that comes later is nobody’s', async () => {
    const { parent, node, clock } = pair();
    const held = Promise.withResolvers<unknown>();
    parent.answer('slow', () => held.promise);
    const asked = faultOf(node.ask('slow', null, 100));
    await arrived();
    clock.advance(100);
    expect(await asked).toBe('timeout');
    held.resolve(1);
    await arrived();
  });

  test('refuses what nobody answers, what fails, and what cannot be sent back', async () => {
    const { parent, node, failed } = pair();
    parent.answer('fails', () => {
      throw new Error('no');
    });
    parent.answer('rejects', () => Promise.reject(new Error('no')));
    parent.answer('large', () => Buffer.alloc(5_000_000));
    for (const kind of ['unknown', 'fails', 'rejects', 'large'])
      expect(await faultOf(node.ask(kind, null))).toBe('refused');
    expect(failed).toEqual(['fails', 'rejects', 'reply']);
  });

  test('refuses to send an ask that is too large', async () => {
    const { node, clock } = pair();
    expect(await faultOf(node.ask('large', Buffer.alloc(5_000_000)))).toBe('refused');
    expect(clock.pending).toBe(0);
  });

  test('refuses asks beyond the limit of those under way, its own and the other’s', async () => {
    const { parent, node, links } = pair({ asksMax: 2 });
    const held = Promise.withResolvers<unknown>();
    parent.answer('slow', () => held.promise);
    const first = [node.ask('slow', 1), node.ask('slow', 2)];
    expect(await faultOf(node.ask('slow', 3))).toBe('refused');
    const refused: number[] = [];
    links.node.onFrame(([, kind, , , seq]) => void (kind === 'refusal' && refused.push(seq)));
    links.node.send([1, 'ask slow', '', 0, 99, null]);
    await arrived();
    expect(refused).toEqual([99]);
    held.resolve('done');
    expect(await Promise.all(first)).toEqual(['done', 'done']);
  });

  test('replies that are more than the pipe may hold wait for each other, and break nothing', async () => {
    const limits = { frameBytesMax: 10_000, waitingBytes: 2_000, waitingBytesMax: 20_000 };
    const { parent, node, links, clock } = pair({}, limits);
    const closed: string[] = [];
    links.parent.onClosed((reason) => closed.push(reason));
    const held = Promise.withResolvers<unknown>();
    parent.answer('page', () => held.promise);
    parent.answer('double', (payload) => Number(payload) * 2);
    const asked = Array.from({ length: 100 }, () => node.ask('page', null));
    await arrived();
    held.resolve('x'.repeat(1_000));
    const after = node.ask('double', 4);
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['x'.repeat(1_000)]));
    expect([await after, await node.ask('double', 5), closed, clock.pending]).toEqual([8, 10, [], 0]);
  });

  test('replies that wait are under way still, and go with the link', async () => {
    const limits = { frameBytesMax: 10_000, waitingBytes: 2_000, waitingBytesMax: 20_000 };
    const { parent, node, links } = pair({ asksMax: 4 }, limits);
    parent.answer('page', () => 'x'.repeat(1_500));
    const sent: string[] = [];
    const send = links.parent.send.bind(links.parent);
    links.parent.send = ([version, kind, ...rest]) => {
      sent.push(kind);
      send([version, kind, ...rest]);
      // Whoever asks does not read.
      return false;
    };
    const asked = [1, 2, 3, 4].map((number) => faultOf(node.ask('page', number)));
    await arrived();
    links.node.send([1, 'ask page', '', 0, 99, null]);
    links.node.send([1, 'ask page', '', 0, 100, null]);
    await arrived();
    expect(sent).toEqual(['reply', 'refusal']);
    links.parent.close();
    expect(await Promise.all(asked)).toEqual(['replied', 'closed', 'closed', 'closed']);
    expect(sent).toEqual(['reply', 'refusal']);
  });

  test('ends every ask when the link closes, and takes no more', async () => {
    const { parent, node, links, clock } = pair();
    parent.answer('never', () => new Promise(() => {}));
    const asked = [1, 2].map((number) => faultOf(node.ask('never', number)));
    await arrived();
    links.parent.close();
    expect(await Promise.all(asked)).toEqual(['closed', 'closed']);
    expect(await faultOf(node.ask('never', 3))).toBe('closed');
    node.tell('noted', null);
    expect(clock.pending).toBe(0);
  });

  test('ignores replies to what was not asked', async () => {
    const { parent, node, links } = pair();
    parent.answer('who', () => 'parent');
    links.parent.send([1, 'reply', '', 0, 12, 'nonsense']);
    links.parent.send([1, 'refusal', '', 0, 12, null]);
    expect(await node.ask('who', null)).toBe('parent');
  });
});
