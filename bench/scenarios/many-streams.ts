/**
 * Thousands of streams at the pace of a slow model, one delta a second each. That none is dropped is no figure: one that has
 * not all its deltas and its end fails the run. They are opened, and end, one after another, as clients come and go, for what that
 * costs is measured elsewhere; what counts here is the time in which all of them are open.
 */

import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { burst, paced } from '../play.ts';
import { difference, measure, ratio, type Sample } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { milliseconds, streams, withStand } from '../stand.ts';
import type { LoadClient } from '../load-client.ts';
import type { Running } from '../subject.ts';

const everyMs = 1_000;
/** With a delta a second of each that is open this leaves a gateway some of its core; who needs less is not kept waiting. */
const openedPerSecond = { gateway: 500, bare: 2_000 };
/** Deltas of each while all are open. */
const together = 6;
/** 1,024 turns each. */
const workers = 10;
/** One round takes minutes. */
const roundsMax = 3;
const warmUp = { api: 'responses', play: burst(4), streams: 3_000, concurrent: 32 } as const;

async function flowOf(client: LoadClient, subject: Running, count: number, perSecond: number): Promise<Sample> {
  const seconds = count / perSecond;
  const play = paced(Math.ceil((seconds * 1_000) / everyMs) + together, everyMs);
  const of = { api: 'responses', play, streams: count, concurrent: count, rampMs: seconds * 1_000 } as const;
  const { report, flow, cpuShares } = await streams(client, subject, of);
  if (flow === null) throw new Error('there was no time in which all streams flowed');
  return {
    values: {
      gap_p99: milliseconds(report.flow.gap.p99),
      lag_p99: milliseconds(report.flow.lag.p99),
      first_p99: milliseconds(report.first.p99),
      cpu_per_delta: flow.cpuMicros / flow.deltas,
      core_share: flow.cpuMicros / flow.elapsedMicros,
    },
    cpuShares,
  };
}

const run = (context: Context): Promise<Result> => {
  const counts = context.short ? [1_000] : [1_000, 5_000, 10_000];
  const most = counts.at(-1) ?? 0;
  const options = { env: { PROXY_WORKER_COUNT: String(context.short ? 1 : workers) } };
  return withStand([{ subject: gateway, options }, { subject: bare }], async ({ client, running }) => {
    for (const subject of running.values()) await streams(client, subject, warmUp);
    return measure(
      manyStreams,
      { ...context, rounds: Math.min(context.rounds, roundsMax) },
      {
        variants: counts.flatMap((count) =>
          [...running].map(([name, subject]) => ({
            name: `${name} ${count}`,
            measure: () => flowOf(client, subject, count, openedPerSecond[name === 'bare' ? 'bare' : 'gateway']),
          })),
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
            says: `${most.toLocaleString('en-US')} concurrent paced streams, none dropped: p99 gap added <= 50 ms`,
            of: `gap_p99 gateway ${most}-bare ${most}`,
            atMost: 50,
          },
        ],
      },
    );
  });
};

export const manyStreams: Scenario = {
  name: 'many-streams',
  shows: 'gaps and CPU while 1,000, 5,000 and 10,000 streams are open that get a delta a second each',
  run,
};
