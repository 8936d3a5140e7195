/** What is one per host stays one with several nodes: limits, account, health and metrics, whichever node is asked and whichever dies. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';

const json = { 'content-type': 'application/json' };
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

let gateway: Gateway;
const get = async (path: string): Promise<string> => (await ask(gateway.port, path, { headers: gateway.withKey })).text;
/** On connections of their own, which the kernel spreads over the nodes. */
const looks = (path: string, count = 10): Promise<readonly string[]> => Promise.all(times(count, () => get(path)));

const until = async <T>(look: () => Promise<T>, accepts: (found: T) => boolean): Promise<T> => {
  for (;;) {
    const found = await look();
    if (accepts(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** Of the page: what is counted, but for what reading it counts. */
const counted = (page: string): readonly string[] =>
  page
    .split('\n')
    .filter((line) => /^codex_\w+(_total|_bucket|_sum|_count)\b/.test(line))
    .filter((line) => !/node="|route="\/(metrics|\w+z|__test|v1\/usage)/.test(line));
const value = (page: string, series: string): number => {
  const line = page.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? Number.NaN : Number(line.slice(series.length));
};
/** Empty while the one that was asked dies. */
const page = (): Promise<string> => get('/metrics').catch(() => '');
const bothUp = (): Promise<string> =>
  until(page, (text) => value(text, 'codex_nodes_up') === 2 && value(text, 'codex_workers_ready') === 2);

interface Opened {
  readonly connection: RawConnection;
  readonly status: number;
  readonly after: string | undefined;
}

/** A stream that does not end by itself. */
const open = async (): Promise<Opened> => {
  const connection = new RawConnection(gateway.port);
  const content = marker('text', { text: 'and '.repeat(1_000), n: 1_000, delay: 200 });
  const body = JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content }], stream: true });
  connection.request('POST', '/v1/chat/completions', { ...gateway.withKey, ...json }, body);
  const head = await connection.until('\r\n\r\n');
  return { connection, status: Number(head.slice(9, 12)), after: /x-conc-after: (\d+)/i.exec(head)?.[1] };
};
const openStreams = async (): Promise<number> => JSON.parse(await get('/__test/conc')).conc;
let streams: readonly RawConnection[] = [];

beforeAll(async () => {
  const env = {
    PROXY_NODES: '2',
    PROXY_WORKER_COUNT: '1',
    CODEX_BIN: join(import.meta.dirname, '../testkit/app-server/main.ts'),
    PROXY_ENABLE_METRICS: 'true',
    PROXY_TEST_ENDPOINTS: 'true',
    PROXY_RATE_LIMIT_ENABLED: 'true',
    PROXY_RATE_LIMIT_MAX: '20',
    PROXY_RATE_LIMIT_WINDOW_MS: '3600000',
    PROXY_SSE_MAX_CONCURRENCY: '3',
  };
  gateway = await startGateway(env, { workersReady: 0 });
  await bothUp();
});
afterAll(() => gateway.kill());

test('as many answers are streamed as may be, over all nodes together', async () => {
  const all = await Promise.all(times(8, open));
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200, 429]));
  const inside = all.filter(({ status }) => status === 200);
  expect(inside).toHaveLength(3);
  expect(new Set(inside.map(({ after }) => after))).toEqual(new Set(['1', '2', '3']));
  expect(await Promise.all(times(4, openStreams))).toEqual([3, 3, 3, 3]);
  inside[0]!.connection.leave();
  expect(await until(openStreams, (now) => now < 3)).toBe(2);
  streams = inside.slice(1).map(({ connection }) => connection);
});

test('a caller may ask as often as it says, over all nodes together', async () => {
  const body = JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content: 'Say hello.' }] });
  const asking = { method: 'POST', headers: { ...gateway.withKey, ...json }, body };
  const answers = await Promise.all(times(30, () => ask(gateway.port, '/v1/chat/completions', asking)));
  const limited = answers.filter(({ status }) => status === 429);
  expect([limited.length, answers.filter(({ status }) => status === 200).length]).toEqual([18, 12]);
  expect(limited.every(({ headers }) => Number(headers['retry-after']) > 100)).toBe(true);
});

test('usage is that of all nodes, on each of them, and stands in the file once, in whole lines', async () => {
  const sums = new Set((await looks('/v1/usage')).map((text) => JSON.parse(text).total_requests));
  // Two streams are still open.
  expect([...sums]).toEqual([36]);
  const raw = new Set(await looks('/v1/usage/raw?limit=100', 4));
  expect(raw.size).toBe(1);
  const told = JSON.parse([...raw][0]!).events.map(({ req_id: id }: { req_id: string }) => id);
  const linesOfFile = (): readonly string[] =>
    readFileSync(join(gateway.folder, 'data/codex-usage.ndjson'), 'utf8').trimEnd().split('\n');
  // Its lines leave together, a moment after they were told.
  const file = await until(
    () => Promise.resolve(linesOfFile()),
    ({ length }) => length >= 36,
  );
  const written = file.map((line) => JSON.parse(line).req_id);
  expect([new Set(written).size, written.length]).toEqual([36, 36]);
  expect(told).toEqual(written);
});

test('ten scrapes agree, and so do ten looks at the health', async () => {
  const pages = await looks('/metrics');
  expect(new Set(pages.map((text) => counted(text).join('\n'))).size).toBe(1);
  const text = pages[0]!;
  expect(value(text, 'codex_admission_rejected_total{reason="rate_limited"}')).toBe(18);
  expect(value(text, 'codex_streams_active')).toBe(2);
  expect(value(text, 'codex_workers_configured')).toBe(2);
  expect(new Set(text.match(/process_start_time_seconds\{node="\w+"\}/g)).size).toBe(3);
  for (const path of ['/readyz', '/healthz', '/livez']) expect(new Set(await looks(path)).size, path).toBe(1);
  expect(JSON.parse(await get('/healthz'))).toMatchObject({
    ok: true,
    pid: gateway.pid,
    worker_supervisor: { worker_count: 2, ready_workers: 2, nodes: { configured: 2, up: 2 } },
  });
});

test('what was counted and spent outlives the node that did, its places are free, and the others serve', async () => {
  const before = counted(await page());
  process.kill(gateway.nodes()[0]!.pid, 'SIGKILL');
  await until(page, (text) => value(text, 'codex_node_exits_total') === 1);
  expect((await ask(gateway.port, '/readyz')).status).toBe(200);
  const after = await bothUp();
  for (const line of before) {
    const cut = line.lastIndexOf(' ');
    expect(value(after, line.slice(0, cut)), line).toBeGreaterThanOrEqual(Number(line.slice(cut)));
  }
  expect(JSON.parse(await get('/v1/usage')).total_requests).toBe(36);
  expect(await openStreams()).toBe(streams.filter(({ socket }) => !socket.destroyed).length);
});

test('one sign-in is offered, whichever node is asked, and once it is used all nodes are signed in', async () => {
  const env = {
    PROXY_NODES: '2',
    PROXY_WORKER_COUNT: '1',
    CODEX_BIN: join(import.meta.dirname, '../testkit/app-server/main.ts'),
    FAKE_CODEX_SIGNED_OUT: '1',
    FAKE_CODEX_LOGIN_MS: '2500',
  };
  const host = await startGateway(env, { workersReady: 0 });
  try {
    const ready = (worker: RegExp): Promise<string> =>
      host.until((line) => line.includes(' worker_ready ') && worker.test(line), 30_000);
    const body = JSON.stringify({ model: 'codex-5', input: 'Say hello.' });
    const asking = { method: 'POST', headers: { ...host.withKey, ...json }, body };
    const answers = () => Promise.all(times(24, () => ask(host.port, '/v1/responses', asking)));
    await Promise.all([ready(/ node=0 /), ready(/ node=1 /)]);
    const refused = (await answers()).filter(({ status }) => status === 401);
    const logins = new Set(refused.map(({ text }) => JSON.parse(text).error.details.login_id));
    expect([refused.length > 0, logins.size]).toEqual([true, 1]);
    // Logged when it has been answered.
    const asked = () => host.logged.filter(({ event }) => event === 'auth_required').map(({ node }) => node);
    await host.until(() => new Set(asked()).size === 2);
    expect(new Set(asked())).toEqual(new Set([0, 1]));

    // The worker that has not signed in itself does not notice: it is replaced.
    await ready(/ epoch=2 /);
    expect(new Set((await answers()).map(({ status }) => status))).toEqual(new Set([200]));
    expect(host.journal.filter((line) => line.includes(' login_offered '))).toHaveLength(1);
    await host.stop();
  } finally {
    await host.kill();
  }
}, 60_000);
