import { describe, expect, test } from 'vitest';
import type { Health } from '../../actors/service.ts';
import { readyHealth } from '../../testkit/fake-service.ts';
import { type HostNode, hostOf } from '../../testkit/host-nodes.ts';
import { arrived } from '../../testkit/link-pair.ts';
import type { SeriesNow } from '../metrics/book.ts';
import { UsageBook } from '../usage-book.ts';
import { linkedFile } from './file-desk.ts';
import { HostUnreachable } from './host.ts';
import { HostDesk } from './host-desk.ts';
import { LinkedHost } from './linked-host.ts';
import { hostWords } from './words.ts';

const parts = { HostDesk, LinkedHost };
const told = (nodes: readonly HostNode[]) => Promise.all(nodes.map(async ({ host }) => host.condition()));
const is = (node: HostNode, health: Partial<Health>, more = {}): void => {
  node.condition = { ...node.condition, health: { ...readyHealth, ...health }, ...more };
};
const unready = { ready: false, readiness: 'handshake_pending', live: true, liveness: 'worker_starting' };
const counter = (value: number): SeriesNow => ({
  name: 'requests_total',
  help: 'Requests.',
  type: 'counter',
  across: 'sum',
  samples: [{ metricName: 'requests_total', labels: {}, value }],
  windows: [],
});

describe('the condition of a host', () => {
  test('is the same whichever node is asked: ready when any is, with the workers and counts of all', async () => {
    const { nodes } = hostOf(parts, 2);
    is(nodes[0]!, { ...unready, since: 9, queued: 2, deadLetters: 1, login: 'signed_in' }, { anomalies: { a: 1 } });
    is(nodes[1]!, { since: 5, queued: 3, login: 'pending' }, { anomalies: { a: 2, b: 1 } });
    const [one, other] = await told(nodes);
    expect(one).toEqual(other);
    expect(one).toMatchObject({
      health: { ready: true, readiness: 'handshake_complete', since: 5, queued: 5, login: 'pending' },
      anomalies: { a: 3, b: 1 },
      nodes: { configured: 2, up: 2 },
      pid: 1,
    });
    const ofNodes = one!.health.workers.map(({ node }) => node);
    expect(new Set(ofNodes)).toEqual(new Set([0, 1]));
    expect(ofNodes).toHaveLength(2 * readyHealth.workers.length);
  });

  test('is not ready when none is, since the last one that was', async () => {
    const { nodes } = hostOf(parts, 2);
    is(nodes[0]!, { ...unready, since: 9 });
    is(nodes[1]!, { ...unready, since: 11 });
    expect((await told(nodes))[0]).toMatchObject({ health: { ...unready, since: 11 }, leaving: false });
  });

  test('does without a node that leaves alone, or does not answer', async () => {
    const { nodes } = hostOf(parts, 2);
    is(nodes[0]!, {}, { leaving: true });
    expect((await told(nodes))[1]).toMatchObject({ health: { ready: true }, leaving: false });
    is(nodes[1]!, unready);
    expect((await told(nodes))[1]).toMatchObject({ health: { ready: false } });
    is(nodes[1]!, {}, { leaving: true });
    expect((await told(nodes))[0]).toMatchObject({ leaving: true });
    nodes[1]!.condition = null as never;
    is(nodes[0]!, {}, { leaving: false });
    expect(await nodes[0]!.host.condition()).toMatchObject({
      health: { ready: true },
      nodes: { configured: 2, up: 1 },
    });
  });
});

test('however many look at a host at once, all are told the same, and others are let in meanwhile', async () => {
  const { nodes } = hostOf(parts, 2);
  const { host, linked } = nodes[0]!;
  const looks = Array.from({ length: 3_000 }, async () => [
    (await host.condition()).health.live,
    (await host.streamsOpen()) >= 0,
    typeof (await host.metricsPage()),
    Object.keys(await linked.usage.toolBuffer()).length > 0,
  ]);
  const entry = await host.enter();
  expect([entry.before, entry.after]).toEqual([0, 1]);
  expect(new Set((await Promise.all(looks)).map(String))).toEqual(new Set(['true,true,string,true']));
});

describe('metrics of a host', () => {
  test.for(['killed', 'ended'])(
    'are the sums of all nodes, on each of them, also of one that has %s',
    async (ended) => {
      const { desk, nodes, rise } = hostOf(parts, 2);
      const page = async (node: number): Promise<string> => (await nodes[node]!.host.metricsPage()).split('\n')[2]!;
      nodes[0]!.series = [counter(2)];
      nodes[1]!.series = [counter(3)];
      expect([await page(0), await page(1)]).toEqual(['requests_total 5', 'requests_total 5']);
      nodes[1]!.series = [counter(4)];
      await (ended === 'killed' ? desk.gather() : nodes[1]!.linked.settled());
      nodes[1]!.kill();
      await arrived();
      expect(await page(0)).toBe('requests_total 6');
      nodes[1] = rise(1);
      nodes[1].series = [counter(1)];
      expect([await page(0), await page(1)]).toEqual(['requests_total 7', 'requests_total 7']);
    },
  );

  test('asked for at once they are asked of the nodes twice at the most for each node, and nobody gets older ones than it asked for', async () => {
    const { nodes } = hostOf(parts, 2);
    let value = 0;
    Object.defineProperty(nodes[0]!, 'series', { get: () => [counter((value += 1))] });
    const pages = await Promise.all(Array.from({ length: 9 }, (_, at) => nodes[at % 2]!.host.metricsPage()));
    // On each node for the first one, and for all who have come meanwhile.
    expect(new Set(pages).size).toBe(4);
    expect(value).toBe(4);
  });
});

describe('usage of a host', () => {
  const spentAt = (at: number) => ({ at, promptEst: 1, completionEst: 1, prompt: 10, completion: null });

  test('is kept once, in whole lines, and told by any node, in any number', async () => {
    const { nodes, written } = hostOf(parts, 2, () => ({ book: new UsageBook() }));
    const lines = Array.from({ length: 3_000 }, (_, n) => JSON.stringify({ n, text: 'x'.repeat(900) }));
    for (const [n, line] of lines.entries()) nodes[n % 2]!.peer.tell(hostWords.spent, [spentAt(n), line]);
    for (const { linked } of nodes) {
      const { book } = linked.usage;
      expect((await book.ask(0, 10_000, 'hour')).sum).toMatchObject({ requests: 3_000, prompt: 30_000 });
      expect((await book.ask(0, 10_000, 'hour')).buckets).toMatchObject([{ at: 0, requests: 3_000 }]);
      expect(new Set(await book.latest(10_000))).toEqual(new Set(lines));
      expect(await book.latest(2)).toEqual((await book.latest(3)).slice(1));
    }
    expect(written.toSorted()).toEqual(lines.toSorted());
  });

  test('is asked a few times at once: others wait, and too many are turned away', async () => {
    const { nodes } = hostOf(parts, 1, () => ({ book: new UsageBook() }));
    const { book } = nodes[0]!.linked.usage;
    const asked = [0, 1, 2, 3, 4].map(async (n) => (n % 2 === 0 ? book.latest(1) : book.ask(0, 10, 'hour')));
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual([
      ...Array.from({ length: 4 }, () => 'fulfilled'),
      'rejected',
    ]);
    await expect(asked[4]).rejects.toThrow(HostUnreachable);
    expect(await book.latest(1)).toEqual([]);
  });

  test('what is no record is ignored', async () => {
    const { nodes, written } = hostOf(parts, 1, () => ({ book: new UsageBook() }));
    for (const nonsense of [null, [], [spentAt(-1), ''], [{}, 'x'], [spentAt(1), 2]])
      nodes[0]!.peer.tell(hostWords.spent, nonsense);
    expect((await nodes[0]!.linked.usage.book.ask(0, 10, 'hour')).sum.requests).toBe(0);
    expect(written).toEqual([]);
    await expect(nodes[0]!.peer.ask(hostWords.latest, [0, 0, null])).rejects.toThrow();
  });
});

test('text that was held back is counted over all nodes, and forgotten by all', async () => {
  const { nodes } = hostOf(parts, 2);
  for (const { toolBuffer } of nodes) toolBuffer.of('openai-json').aborted('nested');
  nodes[0]!.toolBuffer.of('openai-json').aborted('unclosed');
  const { host } = nodes[1]!;
  expect(await host.toolBuffer()).toMatchObject({
    aborted: { total: 3 },
    anomaly: true,
    started: { total: 0, by: [] },
  });
  await nodes[0]!.host.resetToolBuffer();
  expect(await host.toolBuffer()).toMatchObject({
    aborted: { total: 0, by: [] },
    anomaly: false,
    last_aborted_at: null,
  });
});

test('a file is opened once, and every line is in it', async () => {
  const { nodes, files } = hostOf(parts, 2);
  const spec = { path: '/x', name: 'access_log', bytesMax: 1, keep: 1 } as const;
  const [one, other] = nodes.map(({ peer }) => linkedFile(peer, spec, () => {}));
  one!.append('a');
  other!.append('b');
  one!.append('c'.repeat(3_000_000));
  nodes[0]!.peer.tell(hostWords.line, ['/etc/passwd', 'x']);
  nodes[0]!.peer.tell(hostWords.fileOpened, { ...spec, name: 'passwd' });
  await Promise.all([one!.settled(), other!.settled()]);
  expect([...files].map(([name, lines]) => [name, lines.toSorted()])).toEqual([['access_log', ['a', 'b']]]);
  expect(one!.unwritable).toBe(null);
  nodes[0]!.kill();
  await arrived();
  await one!.settled();
  expect(one!.unwritable).toBe('unreachable');
});
