/**
 * What the gateway adds to what a client waits for: the time to the first delta, and the time between two, against the same shim
 * asked over its own pipes. Deltas are paced as models pace them.
 */

import { gateway } from '../gateway.ts';
import { nodeHttp } from '../peers/naive.ts';
import type { Report } from '../client/messages.ts';
import { burst, paced, playText } from '../play.ts';
import { type Derived, difference, measure, type Sample, type Variant } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { milliseconds, type Stand, streams, withStand } from '../stand.ts';
import type { Api, Running } from '../subject.ts';

interface Level {
  readonly concurrent: number;
  readonly streams: number;
  readonly deltas: number;
  readonly everyMs: number;
  readonly rampMs: number;
}

const timeoutMs = 60_000;
const hotAfter = 20_000;
/** The gaps between steps of one stream keep the loops from being saturated: at most 5,000 deltas a second. */
const levels = (short: boolean): readonly Level[] => [
  // A 99th percentile of fewer than a thousand is the worst of a handful.
  short
    ? { concurrent: 1, streams: 40, deltas: 5, everyMs: 2, rampMs: 0 }
    : { concurrent: 1, streams: 1_000, deltas: 2, everyMs: 2, rampMs: 0 },
  { concurrent: 64, streams: short ? 64 : 1_000, deltas: 20, everyMs: 25, rampMs: 200 },
  { concurrent: 1_000, streams: 1_000, deltas: short ? 5 : 10, everyMs: 200, rampMs: 1_500 },
];

const values = ({ first, gap, lag }: Report): Sample['values'] => ({
  first_p50: milliseconds(first.p50),
  first_p99: milliseconds(first.p99),
  gap_p50: milliseconds(gap.p50),
  gap_p99: milliseconds(gap.p99),
  lag_p50: milliseconds(lag.p50),
  lag_p99: milliseconds(lag.p99),
});
const figures = ['first_p50', 'first_p99', 'gap_p50', 'gap_p99', 'lag_p50', 'lag_p99'];

function variants({ client, running }: Stand, level: Level): readonly Variant[] {
  const play = paced(level.deltas, level.everyMs);
  const { concurrent, streams: count, rampMs } = level;
  const subject = running.get(gateway.name);
  const naive = running.get(nodeHttp.name);
  if (subject === undefined) throw new Error('the gateway does not run');
  const through = async (server: Running, api: Api): Promise<Sample> => {
    const { report, cpuShares } = await streams(client, server, { api, play, streams: count, concurrent, rampMs });
    return { values: values(report), cpuShares };
  };
  return [
    {
      name: `gateway ${concurrent}`,
      measure: () => through(subject, 'responses'),
    },
    // What a process in between costs that does next to nothing.
    ...(naive === undefined || concurrent > 1
      ? []
      : [{ name: `${nodeHttp.name} ${concurrent}`, measure: () => through(naive, 'chat') }]),
    {
      name: `direct ${concurrent}`,
      async measure() {
        const load = {
          kind: 'direct',
          deltas: level.deltas,
          prompt: playText(play),
          streams: count,
          concurrent,
        } as const;
        const { report, cpuShares } = await client.measure({ ...load, rampMs, timeoutMs }, null);
        return { values: values(report), cpuShares };
      },
    },
  ];
}

const run = (context: Context): Promise<Result> =>
  withStand([{ subject: gateway }, { subject: nodeHttp }], async (stand) => {
    const all = levels(context.short);
    // Compiling takes turns with the server on its core, and at one stream there is a minute of it.
    if (!context.short)
      for (const [name, server] of stand.running) {
        const api = name === gateway.name ? 'responses' : 'chat';
        await streams(stand.client, server, { api, play: burst(2), streams: hotAfter, concurrent: 64 });
      }
    return measure(latency, context, {
      variants: all.flatMap((level) => variants(stand, level)),
      warmUps: context.short ? 1 : 2,
      units: Object.fromEntries(figures.map((figure) => [figure, 'ms'])),
      derived: [
        ...all.flatMap(({ concurrent }): readonly Derived[] =>
          figures.map((figure) => difference(figure, 'ms', `gateway ${concurrent}`, `direct ${concurrent}`)),
        ),
        ...figures.map((figure) => difference(figure, 'ms', `${nodeHttp.name} 1`, 'direct 1')),
      ],
      targets: [
        {
          key: 'first-p50',
          says: 'added time to first token at 1 stream, p50: <= 0.25 ms',
          of: 'first_p50 gateway 1-direct 1',
          atMost: 0.25,
        },
        {
          key: 'first-p99',
          says: 'added time to first token at 1 stream, p99: <= 1 ms',
          of: 'first_p99 gateway 1-direct 1',
          atMost: 1,
        },
      ],
    });
  });

export const latency: Scenario = {
  name: 'latency',
  shows: 'time to the first delta, between deltas, and from the worker to the client, at 1, 64 and 1,000 streams',
  run,
};
