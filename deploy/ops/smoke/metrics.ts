/**
 * The metrics as a smoke sees them. Invariant: the number of restarts is compared with what `/readyz` said before *and* after
 * the scrape, so that a worker that restarts in between is not taken for a wrong number.
 */

import { type Check, demand, excerpt } from './report.ts';
import type { Patience } from './checks.ts';
import { ask, at, type Target, urlOf } from './wire.ts';

export interface Scrape {
  /** Base, path and token of the metrics. */
  readonly target: Target;
  readonly path: string;
  /** Who is asked for `/readyz` with its details: the metrics' own server, then others that hold a key. */
  readonly readiness: readonly Target[];
  readonly skip?: string | undefined;
}

/** The sum of a series over its labels; undefined when there is none. */
export function seriesValue(text: string, name: string): number | undefined {
  const line = new RegExp(`^${name}(?:\\{.*\\})? (\\S+)`, 'u');
  const values = text.split('\n').flatMap((each) => line.exec(each)?.slice(1).map(Number) ?? []);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

async function restarts(targets: readonly Target[], timeoutMs: number): Promise<number> {
  for (const target of targets) {
    const reply = await ask(target, '/readyz', { timeoutMs });
    const total = at(reply.json, 'health', 'readiness', 'details', 'restarts_total');
    if (typeof total === 'number') return total;
  }
  throw new Error('/readyz tells its details only to callers on its own machine and to key holders: set KEY');
}

const restartSeries = 'codex_worker_restarts_total';

export function metricsChecks({ target, path, readiness, skip }: Scrape, { requestMs }: Patience): readonly Check[] {
  const asks = `GET ${urlOf(target, path)}`;
  let text = '';
  const scrape = async (): Promise<void> => {
    const reply = await ask(target, path, { timeoutMs: requestMs });
    const hint = reply.status === 404 ? ' (PROXY_ENABLE_METRICS)' : reply.status === 403 ? ' (METRICS_TOKEN)' : '';
    demand(reply.status === 200, `status ${reply.status}${hint}: ${excerpt(reply.text)}`);
    text = reply.text;
  };
  return [
    {
      name: 'metrics scrape',
      asks,
      skip,
      run: async () => {
        await scrape();
        demand(seriesValue(text, 'codex_worker_ready') === 1, 'codex_worker_ready is not 1');
      },
    },
    {
      name: 'metrics restart count equals /readyz',
      asks: `${asks} and /readyz`,
      skip,
      run: async () => {
        const before = await restarts(readiness, requestMs);
        await scrape();
        const counted = seriesValue(text, restartSeries);
        demand(counted !== undefined, `${restartSeries} is missing`);
        const after = await restarts(readiness, requestMs);
        const within = counted !== undefined && counted >= before && counted <= after;
        demand(within, `/readyz says ${before === after ? before : `${before} to ${after}`}, the metrics ${counted}`);
        return String(counted);
      },
    },
  ];
}

/** What watches the gateway is not for the world. */
export const metricsHidden = (edge: Target, { requestMs }: Patience): Check => ({
  name: `${edge.label} does not serve /metrics`,
  asks: `GET ${urlOf(edge, '/metrics')}`,
  run: async () => {
    const reply = await ask(edge, '/metrics', { timeoutMs: requestMs, bare: true });
    demand(reply.status !== 200, 'it answers 200');
    return String(reply.status);
  },
});
