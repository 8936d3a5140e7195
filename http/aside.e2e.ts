/**
 * A node whose workers cannot start leaves new connections to the other one, and takes part again when they can. Invariants: nobody is
 * refused who comes while a node can serve; when none can, there is still somebody on the port who says so.
 */

import { afterEach, expect, test } from 'vitest';
import { bodyOf, post } from '../testkit/answers.ts';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { LameNodes } from '../testkit/lame-nodes/lame-nodes.ts';
import { childrenOf, gone, type Pid, seize } from '../testkit/process-table.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import { knowsPlaces, listenersInFront } from '../testkit/shared-port/places.ts';

const slowMs = 30_000;
const json = { 'content-type': 'application/json' };
const places = await knowsPlaces();
const lameNodes = new LameNodes();
let gateway: Gateway | undefined;
afterEach(async () => {
  await gateway?.kill();
  lameNodes.remove();
});

const pidOf = (of: Gateway, node: number): number =>
  Number(of.logged.findLast(({ event, node: one }) => event === 'node_spawned' && one === node)?.['pid']);
const killWorkers = async (of: Gateway, node: number): Promise<void> => {
  const workers = childrenOf(pidOf(of, node));
  for (const worker of workers) seize(worker);
  await gone(workers);
};
const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));

/** On connections of their own: what became of them, and at which nodes they were. */
const chats = async (of: Gateway, count: number) => {
  const answers = await times(count, () => post(of, 'chat', bodyOf('chat', 'hello')).done);
  const ids = new Set(answers.map(({ headers }) => headers['x-request-id']));
  const told = () => of.logged.filter(({ event, req_id: id }) => event === 'access_log' && ids.has(String(id)));
  await of.until(() => told().length === count);
  return {
    statuses: [...new Set(answers.map(({ status }) => status))],
    nodes: [...new Set(told().map(({ node }) => Number(node)))].toSorted((a, b) => a - b),
  };
};

/** Resolves when a line of that node, past `from`, says it. */
const says = (of: Gateway, node: number, event: string, from = 0): Promise<string> =>
  of.lines.until(
    (line) => line.includes(` ${event} node=${node} `) || line.endsWith(` ${event} node=${node}`),
    slowMs,
    from,
  );
/** Its worker has died twice in a row: nobody waits for it any more. */
const isHopeless = (of: Gateway, node: number): Promise<string> =>
  of.until(
    () => of.logged.filter((line) => line['event'] === 'worker_restart_scheduled' && line['node'] === node).length > 1,
    slowMs,
  );

test('who comes new is served as long as one node can, and told by somebody when none can', async ({ skip }) => {
  if (!places) console.warn('NOT TESTED: that a node steps aside; this system does not know places on a port');
  skip(!places, 'sockets of IPv4 do not come before those of IPv6 here');
  const host = await startGateway(
    {
      PROXY_NODES: '2',
      PROXY_WORKER_COUNT: '1',
      WORKER_BACKOFF_MAX_MS: '500',
      WORKER_RESTART_MAX: '1000',
      ...lameNodes.environment,
    },
    { workersReady: 0 },
  );
  gateway = host;
  await Promise.all([says(host, 0, 'worker_ready'), says(host, 1, 'worker_ready')]);
  const kept = await times(24, async () => {
    const connection = new RawConnection(host.port).request('GET', '/v1/models', host.withKey);
    const id = /x-request-id: (\S+)/.exec(await connection.until(']}'))?.[1];
    return { connection, id };
  });
  const atNode1 =
    (id: string | undefined) =>
    ({ event, req_id, node }: Readonly<Record<string, unknown>>) =>
      event === 'access_log' && req_id === id && node === 1;
  await host.until(() => kept.every(({ id }) => host.logged.some(({ req_id }) => req_id === id)));
  const left = kept.find(({ id }) => host.logged.some(atNode1(id)))?.connection;

  lameNodes.lame(1);
  await killWorkers(host, 1);
  await Promise.all([says(host, 1, 'node_aside'), isHopeless(host, 1)]);
  // Whoever is still connected is told, and comes to the other one when it tries again.
  if (left === undefined) throw new Error('no connection is at node 1');
  left.received = '';
  left.request('POST', '/v1/chat/completions', { ...host.withKey, ...json }, JSON.stringify(bodyOf('chat', 'hello')));
  await left.closed;
  expect(left.received).toMatch(/^HTTP\/1\.1 503 [^]*connection: close[^]*"worker_not_ready"/i);
  await expect.poll(() => listenersInFront(host.port), { timeout: 5_000 }).toBe(1);
  expect(await chats(host, 40)).toEqual({ statuses: [200], nodes: [0] });

  lameNodes.lame(0);
  await killWorkers(host, 0);
  await Promise.all([says(host, 0, 'node_aside'), isHopeless(host, 0)]);
  expect(new Set((await times(8, () => ask(host.port, '/livez'))).map(({ status }) => status))).toEqual(new Set([200]));
  expect((await chats(host, 8)).statuses).toEqual([503]);

  lameNodes.heal(1);
  await says(host, 1, 'node_back');
  expect(await chats(host, 20)).toEqual({ statuses: [200], nodes: [1] });
  // The only one in front dies: at once those who come are told by the one behind.
  const before = host.lines.all.length;
  const [dies] = host.nodes().filter(({ pid }) => pid === pidOf(host, 1)) as [Pid];
  seize(dies);
  // What the kernel gave to it goes with it; its last thread closes the socket.
  await says(host, 1, 'node_exit', before);
  let isUp = false;
  const up = says(host, 1, 'node_ready', before).then(() => (isUp = true));
  while (!isUp) expect((await ask(host.port, '/livez')).headers).toHaveProperty('x-request-id');
  await up;
  await says(host, 1, 'worker_ready', before);

  lameNodes.heal(0);
  await says(host, 0, 'node_back');
  expect(await chats(host, 32)).toEqual({ statuses: [200], nodes: [0, 1] });
  await host.stop();
}, 60_000);
