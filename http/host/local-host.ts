/** What is one per host, where there is one process: it is all here, and costs no promise. */

import { limits } from '../limits.ts';
import { RateLimiter } from '../rate-limit.ts';
import { StreamGuard } from '../stream-guard.ts';
import type { HostMaker } from './host.ts';

export const localHost: HostMaker = ({ clock, hooks, metrics, settings }, node) => {
  const { rateLimit } = settings;
  const limiter = rateLimit === null ? null : new RateLimiter(rateLimit, clock, limits.rateCallersMax);
  const guard = new StreamGuard(settings.streamsMax);
  return {
    take: (caller) => limiter?.take(caller) ?? null,
    enter: () => guard.enter(),
    get streams() {
      return guard.open;
    },
    streamsOpen: () => guard.open,
    condition: () => node.condition(),
    metricsPage: () => metrics?.page(node.metricFacts()) ?? Promise.resolve(''),
    toolBuffer: () => hooks.toolBuffer.summary(),
    resetToolBuffer: () => hooks.toolBuffer.reset(),
  };
};
