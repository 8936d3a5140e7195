/**
 * Thousands of streams at the pace of a slow model, one delta a second each. That none is dropped is no figure: one that has
 * not all its deltas and its end fails the run.
 */

import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { burst, paced } from '../play.ts';
import { difference, measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { milliseconds, perSubject, streams, withStand } from '../stand.ts';

const everyMs = 1_000;
/** Opening them is another scenario. */
const streamsPerSecond = 500;
const together = 6;
/** 1,024 turns each. */
const workers = 10;

const run = (context: Context): Promise<Result> => {
  const counts = context.short ? [1_000] : [1_000, 5_000, 10_000];
  const most = counts.at(-1) ?? 0;
  const options = { env: { PROXY_WORKER_COUNT: String(context.short ? 1 : workers) } };
  return withStand([{ subject: gateway, options }, { subject: bare }], (stand) =>
    measure(manyStreams, context, {
      variants: counts.flatMap((count) =>
        perSubject(
          stand,
          async (subject) => {
            const warmUp = { api: 'responses', play: burst(4), streams: 256, concurrent: 32 } as const;
            await streams(stand.client, subject, warmUp);
            const seconds = count / streamsPerSecond;
            const play = paced(Math.ceil(seconds) + together, everyMs);
            const of = { api: 'responses', play, streams: count, concurrent: count } as const;
            const { report, cpuMicros, cpuShares } = await streams(stand.client, subject, {
              ...of,
              rampMs: seconds * 1_000,
            });
            return {
              values: {
                gap_p99: milliseconds(report.gap.p99),
                lag_p99: milliseconds(report.lag.p99),
                first_p99: milliseconds(report.first.p99),
                cpu_per_delta: cpuMicros / report.deltas,
                core_share: cpuMicros / report.elapsedMicros,
              },
              cpuShares,
            };
          },
          (name) => `${name} ${count}`,
        ),
      ),
      warmUps: 0,
      units: { gap_p99: 'ms', lag_p99: 'ms', first_p99: 'ms', cpu_per_delta: 'us', core_share: '' },
      derived: counts.flatMap((count) => [
        difference('gap_p99', 'ms', `gateway ${count}`, `bare ${count}`),
        ratio('cpu_per_delta', `gateway ${count}`, `bare ${count}`),
      ]),
      targets: [
        {
          key: 'many-streams-gap',
          says: `${most} concurrent paced streams, none dropped: p99 gap added <= 50 ms`,
          of: `gap_p99 gateway ${most}-bare ${most}`,
          atMost: 50,
        },
      ],
    }),
  );
};

export const manyStreams: Scenario = {
  name: 'many-streams',
  shows: 'gaps and CPU with 1,000, 5,000 and 10,000 streams open that get a delta a second each',
  run,
};
