import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { metricsChecks, seriesValue } from './metrics.ts';
import type { Target } from './wire.ts';

const page =
  '# HELP codex_a_total x\n# TYPE codex_a_total counter\ncodex_a_total 3\ncodex_b{slot="0",x="} 9"} 1\ncodex_b{slot="1"} 2 1700000000\n';

test('a series is the sum over its labels, and one that is not there is none', () => {
  expect(seriesValue(page, 'codex_a_total')).toBe(3);
  expect(seriesValue(page, 'codex_b')).toBe(3);
  expect(seriesValue(page, 'codex_a')).toBeUndefined();
});

/** A gateway whose `/readyz` tells those numbers of restarts one after the other, and whose metrics tell one. */
async function gateway(restarts: readonly number[], counted: string): Promise<Target> {
  let asked = 0;
  const server = createServer(({ url }, response) => {
    if (url === '/metrics') return void response.end(`codex_worker_ready 1\n${counted}\n`);
    const details = restarts.length === 0 ? null : { restarts_total: restarts[Math.min(asked, restarts.length - 1)] };
    asked += 1;
    response.end(JSON.stringify({ health: { readiness: { details } } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { label: 'test', base: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) };
}

const compared = async (restarts: readonly number[], counted: string): Promise<string | void> => {
  const target = await gateway(restarts, counted);
  const scrape = { target, path: '/metrics', readiness: [target] };
  return metricsChecks(scrape, { requestMs: 5000, streamMs: 5000 })[1]?.run();
};

test('the number of restarts is that of /readyz, also while a worker restarts', async () => {
  expect(await compared([2], 'codex_worker_restarts_total 2')).toBe('2');
  expect(await compared([2, 3], 'codex_worker_restarts_total{slot="0"} 3')).toBe('3');
  await expect(compared([2], 'codex_worker_restarts_total 1')).rejects.toThrow('/readyz says 2, the metrics 1');
  await expect(compared([2, 3], 'codex_worker_restarts_total 4')).rejects.toThrow('/readyz says 2 to 3, the metrics 4');
  await expect(compared([2], 'codex_other 2')).rejects.toThrow('codex_worker_restarts_total is missing');
  await expect(compared([], 'codex_worker_restarts_total 1')).rejects.toThrow('set KEY');
});
