import { describe, expect, test } from 'vitest';
import type { Frame, Link } from '../actors/link.ts';
import { arrived, linkedHost, linkPair } from '../testkit/link-pair.ts';
import { linkLimits } from './frames.ts';

const frame = (kind: string, payload: unknown = null, seq = 0): Frame => [1, kind, '', 0, seq, payload];

const heardBy = (link: Link | null): string[] => {
  const heard: string[] = [];
  link?.onFrame(([, kind]) => heard.push(kind));
  link?.onClosed((reason) => heard.push(`closed: ${reason}`));
  return heard;
};

const fill = (link: Link | null): number => {
  for (let sent = 1; sent < 10_000; sent += 1) {
    if (link?.send(frame('bulk', Buffer.alloc(16_384))) !== true) return sent;
  }
  throw new Error('the link takes without end');
};

describe('a link', () => {
  test('carries frames both ways, in order', async () => {
    const { parent, node } = linkPair();
    const [atParent, atNode] = [heardBy(parent), heardBy(node)];
    for (const kind of ['a', 'b', 'c']) {
      parent.send(frame(kind));
      node.send(frame(kind.toUpperCase()));
    }
    await arrived();
    expect(atNode).toEqual(['a', 'b', 'c']);
    expect(atParent).toEqual(['A', 'B', 'C']);
  });

  test('that is closed closes at the other end, after what was sent before', async () => {
    const { parent, node } = linkPair();
    const heard = heardBy(parent);
    node.send(frame('last'));
    node.close();
    expect(node.send(frame('lost'))).toBe(true);
    await arrived();
    expect(heard).toEqual(['last', 'closed: the other end closed']);
    expect(heardBy(parent)).toEqual(['closed: the other end closed']);
  });

  test.each([
    ['no frame', Buffer.from([0, 0, 0, 1, 255, 0, 0, 0, 0xc0]), 'the other end sent what is no frame'],
    ['a frame beyond the limit', Buffer.from([255, 0, 0, 0, 255, 0, 0, 0]), 'a frame of 4278190080 bytes'],
  ])('on which comes %s closes with the reason', async (_, bytes, reason) => {
    const { nodes } = linkedHost(1);
    const heard = heardBy(nodes[0]?.links.parent ?? null);
    nodes[0]?.pipes[0].write(bytes);
    await arrived();
    expect(heard).toEqual([`closed: ${reason}`]);
  });

  test('that breaks off within a frame closes with the reason', async () => {
    const { nodes } = linkedHost(1);
    const heard = heardBy(nodes[0]?.atParent ?? null);
    nodes[0]?.pipes[1].end(Buffer.from([0, 0, 1, 0, 255, 0, 0, 0, 1]));
    await arrived();
    expect(heard).toEqual(['closed: the other end broke off within a frame']);
  });

  test('says when it holds enough, and when there is room again', async () => {
    const { parent, node } = linkPair();
    let resumed = 0;
    node.onDrained(() => (resumed += 1));
    const heard = heardBy(parent);
    const sent = fill(node);
    expect(resumed).toBe(0);
    await arrived();
    expect(resumed).toBe(1);
    expect(heard).toHaveLength(sent);
    expect(node.send(frame('more'))).toBe(true);
  });

  test('whose other end never reads closes instead of holding ever more', () => {
    const limits = { ...linkLimits, waitingBytesMax: 1_048_576 };
    const { nodes } = linkedHost(1, limits);
    const node = nodes[0]?.links.parent;
    const heard = heardBy(node ?? null);
    for (let sent = 0; sent < 100; sent += 1) node?.send(frame('bulk', Buffer.alloc(16_384)));
    expect(heard).toEqual([expect.stringMatching(/^closed: \d+ bytes wait for the other end$/u)]);
  });
});

describe('nodes of one host', () => {
  test('hear of each other and talk through the parent, which does not hear it', async () => {
    const { nodes } = linkedHost(3);
    await arrived();
    const [first, , third] = nodes;
    const [atThird, atParent] = [heardBy(third?.links.link(0) ?? null), heardBy(first?.atParent ?? null)];
    first?.links.link(2)?.send(frame('hello'));
    await arrived();
    expect(atThird).toEqual(['hello']);
    expect(atParent).toEqual([]);
    expect(first?.links.link(0)).toBe(null);
  });

  test('hear that one is gone, and its next life gets nothing of what was for the last', async () => {
    const { nodes, start } = linkedHost(2);
    await arrived();
    const old = nodes[0]?.links.link(1) ?? null;
    const heard = heardBy(old);
    const risen: number[] = [];
    nodes[0]?.links.onUp((node) => risen.push(node));
    const anew = start(1);
    // Sent before it hears of the change.
    old?.send(frame('stale'));
    const atAnew: string[] = [];
    anew.links.onUp((_, link) => link.onFrame(([, kind]) => atAnew.push(kind)));
    await arrived();
    expect(heard).toEqual(['closed: the node is gone']);
    expect(risen).toEqual([1, 1]);
    nodes[0]?.links.link(1)?.send(frame('fresh'));
    await arrived();
    expect(atAnew).toEqual(['fresh']);
  });

  test('one that sends another what is no frame is ended, and its next life has a link again', async () => {
    const { nodes, start } = linkedHost(3);
    await arrived();
    const [first, second, third] = nodes;
    const atFirst = heardBy(first?.links.link(1) ?? null);
    const [atSecond, atThird] = [second, third].map((one) => heardBy(one?.links.parent ?? null));
    // To the node 0 in its first life.
    second?.pipes[1].write(Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 0xc0]));
    await arrived();
    expect(atFirst).toEqual(['closed: the other end sent what is no frame']);
    expect([atSecond, atThird]).toEqual([['closed: the other end closed'], ['route.down']]);
    start(1);
    await arrived();
    const anew = heardBy(first?.links.link(1) ?? null);
    start(1).links.link(0)?.send(frame('lost'));
    await arrived();
    expect(anew).toEqual(['closed: the node is gone']);
    expect(first?.links.link(1)).not.toBe(null);
  });

  test('blame of a life that is over, or of nobody, changes nothing', async () => {
    const { nodes } = linkedHost(2);
    await arrived();
    const heard = heardBy(nodes[1]?.atParent ?? null);
    for (const [node, life] of [
      [1, 9],
      [7, 1],
    ] as const)
      nodes[0]?.links.parent.send([1, 'route.fault', '', life, node, null]);
    await arrived();
    expect(heard).toEqual([]);
  });

  test('that break off are gone for the others', async () => {
    const { nodes } = linkedHost(2);
    await arrived();
    const heard = heardBy(nodes[0]?.links.link(1) ?? null);
    nodes[1]?.pipes[1].end();
    await arrived();
    expect(heard).toEqual(['closed: the node is gone']);
    expect(nodes[0]?.links.link(1)).toBe(null);
  });

  test('one that does not read makes those wait who talk to it, and nobody else', async () => {
    const { nodes } = linkedHost(3);
    await arrived();
    const [first, second, third] = nodes;
    const slow = second?.links.link(0) ?? null;
    let resumed = 0;
    slow?.onDrained(() => (resumed += 1));
    first?.pipes[1].pause();
    let sent = 0;
    // Its own pipe is drained again and again; what holds is the other's.
    for (let round = 0; round < 100 && resumed === round; round += 1) {
      sent += fill(slow);
      await arrived();
    }
    expect(sent * 16_384).toBeLessThan(4_194_304);
    const heard = heardBy(third?.links.link(1) ?? null);
    second?.links.link(2)?.send(frame('swift'));
    await arrived();
    expect(heard).toEqual(['swift']);
    const before = resumed;
    first?.pipes[1].resume();
    for (let round = 0; round < 20; round += 1) await arrived();
    expect(resumed).toBe(before + 1);
  });
});
