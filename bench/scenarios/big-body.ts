/** Requests of 18 MB, one behind the other, next to streams: reading, checking and handing on such a body takes its time. */

import { withNeighbours } from '../neighbours.ts';
import { burst } from '../play.ts';
import { requestText } from '../requests.ts';
import { measure } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';

const bodyBytes = 18_000_000;
const words = ' and so on';
const bodies = 10_000;
const timeoutMs = 60_000;

const run = (context: Context): Promise<Result> =>
  withNeighbours(
    {
      name: 'beside 18 MB bodies',
      begun: 0,
      // Beside the streams, not before or after them.
      expected: { answers: context.short ? 1 : 3 },
      seconds: context.short ? 2 : 6,
      options: { env: { PROXY_BODY_BYTES_MAX: '33554432' } },
      load: (running) => ({
        kind: 'requests',
        port: running.port,
        request: requestText(running, 'responses-whole', burst(1), words.repeat(bodyBytes / words.length)),
        requests: bodies,
        connections: 1,
        timeoutMs,
      }),
    },
    (plan) => measure(bigBody, context, plan),
  );

export const bigBody: Scenario = {
  name: 'big-body',
  shows: '64 streams of 50 deltas a second alone, and beside requests of 18 MB',
  run,
};
