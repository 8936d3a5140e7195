/** Two nodes on one port, as a client meets them: whichever node a connection reaches, its responses are there. */

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { ask } from '../testkit/raw-client.ts';
import { nodeOfId } from '../transport/node-ids.ts';

const shim = join(import.meta.dirname, '../testkit/app-server/main.ts');
/** The kernel spreads connections by a hash: that so many all reach the same node does not happen. */
const triesMax = 200;
const slowMs = 50_000;

interface Told {
  readonly status: number;
  /** Of the node that answered. */
  readonly node: unknown;
  readonly json: { readonly [name: string]: unknown };
}

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway(
    { CODEX_BIN: shim, PROXY_NODES: '2', PROXY_WORKER_COUNT: '1', LOG_FORMAT: 'json' },
    { workersReady: 0 },
  );
  for (const node of [0, 1]) await ready(node);
});
afterAll(() => gateway.stop());

const ready = async (node: number, times = 1): Promise<void> => {
  const of = (): number =>
    gateway.logged.filter((line) => line['event'] === 'worker_ready' && line['node'] === node).length;
  await gateway.until(() => of() >= times, slowMs);
};

const send = async (method: string, path: string, body: object | null = null): Promise<Told> => {
  const answer = await ask(gateway.port, `/v1/responses${path}`, {
    method,
    headers: gateway.withKey,
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  });
  const id = answer.headers['x-request-id'];
  const isIt = (line: Gateway['logged'][number]): boolean => line['event'] === 'access_log' && line['req_id'] === id;
  await gateway.until(() => gateway.logged.some(isIt), slowMs);
  const node = gateway.logged.find(isIt)?.['node'];
  return { status: answer.status, node, json: JSON.parse(answer.text) as Told['json'] };
};

const create = (more: object = {}): Promise<Told> =>
  send('POST', '', { model: 'codex-5', input: 'Say hello.', ...more });

/** Until that node has answered; whoever answers, it is to be right. */
async function from(node: number, ask: () => Promise<Told>, right: (told: Told) => void): Promise<Told> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const told = await ask();
    right(told);
    if (told.node === node) return told;
  }
  throw new Error(`node ${node} has answered none of ${triesMax}`);
}

const fine = ({ status }: Told): void => expect(status).toBe(200);
const code = ({ json }: Told): unknown => (json['error'] as { readonly code?: unknown } | undefined)?.code;
const idOf = ({ json }: Told): string => String(json['id']);

test('what one node has stored the other reads, continues and deletes; an unknown id is a 404 from both', async () => {
  for (const [home, away] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const first = await from(home, create, fine);
    const id = idOf(first);
    expect(nodeOfId(id)).toBe(home);
    const read = await from(away, () => send('GET', `/${id}`), fine);
    expect(first.json).toMatchObject(read.json);

    const continued = await from(away, () => create({ previous_response_id: id }), fine);
    expect([continued.json['previous_response_id'], nodeOfId(idOf(continued))]).toEqual([id, away]);
    const item = (first.json['output'] as readonly { readonly id: string }[])[0]?.id ?? '';
    await from(
      away,
      () =>
        create({
          input: [
            { type: 'item_reference', id: item },
            { role: 'user', content: 'x' },
          ],
        }),
      fine,
    );

    // Which node is asked is by chance: one that was deleted by its own node does not count.
    let last = id;
    await from(
      away,
      async () => {
        if (last === '') last = idOf(await from(home, create, fine));
        const told = await send('DELETE', `/${last}`);
        if (told.node !== away) last = '';
        return told;
      },
      fine,
    );
    for (const node of [home, away]) {
      for (const method of ['GET', 'DELETE']) {
        await from(
          node,
          () => send(method, `/${last}`),
          (told) => expect([told.status, code(told)]).toEqual([404, 'not_found']),
        );
      }
    }
    // The conversation is whole all the same.
    await from(home, () => create({ previous_response_id: idOf(continued) }), fine);
  }
});

test('a node that dies takes its responses along: 503 while it is not there, 404 once it is back', async () => {
  const first = await from(1, create, fine);
  const id = idOf(first);
  const other = await from(0, create, fine);
  const before = gateway.logged.filter((line) => line['event'] === 'worker_ready' && line['node'] === 1).length;
  const pid = Number(
    gateway.logged.findLast((line) => line['node'] === 1 && line['event'] === 'node_spawned')?.['pid'],
  );
  expect(pid).toBeGreaterThan(0);
  process.kill(pid, 'SIGKILL');
  const seen = new Set<string>();
  for (;;) {
    const told = await send('GET', `/${id}`).catch(() => null);
    if (told !== null) seen.add(`${told.status} ${String(code(told))}`);
    if (told?.status === 404) break;
  }
  seen.delete('200 undefined');
  expect([...seen].toSorted()).toEqual(['404 not_found', '503 response_unreachable']);
  await ready(1, before + 1);
  await from(1, () => send('GET', `/${idOf(other)}`), fine);
});
