/**
 * One very long stream against ten of a tenth: as many deltas, so what a delta costs has to be the same once the fixed cost of a
 * stream, which streams of one delta show, is taken off. The answer is repeated whole at its end, which must not hold up others
 * either.
 */

import { gateway } from '../gateway.ts';
import { LoadClient } from '../load-client.ts';
import { burst } from '../play.ts';
import { startProbed } from '../probed.ts';
import { type Derived, measure, type Round, valueOf, type Variant } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { streams } from '../stand.ts';

const bytes = 20;
const deltas = 100_000;
/** Of one step of the worker. */
const batch = 10;
const name = (each: number): string => `gateway ${each}`;
const shortest = 'gateway 1';
const tenth = deltas / 10;

/** Without what any stream costs. */
const perDelta = (round: Round, each: number): number =>
  valueOf(round, name(each), 'cpu_per_delta') - valueOf(round, shortest, 'cpu_per_stream') / each;

const linear: Derived = {
  name: `cpu_per_delta without its stream ${name(deltas)}/${name(tenth)}`,
  unit: '',
  variants: [name(deltas), name(tenth), shortest],
  value: (round) => perDelta(round, deltas) / perDelta(round, tenth),
};

async function run(context: Context): Promise<Result> {
  const running = await startProbed(gateway);
  const client = new LoadClient();
  const variant = (each: number): Variant => ({
    name: name(each),
    async measure() {
      const count = deltas / each;
      const play = { ...burst(each, bytes), batch };
      const of = { api: 'responses', play, streams: count, concurrent: 1 } as const;
      const [{ report, cpuMicros, cpuShares }, loop] = await running.loopDelay(() => streams(client, running, of));
      return { values: { cpu_per_delta: cpuMicros / report.deltas, loop_max: loop.maxMs }, cpuShares };
    },
  });
  const fixed: Variant = {
    name: shortest,
    async measure() {
      const count = context.short ? 100 : 1_000;
      const of = { api: 'responses', play: burst(1, bytes), streams: count, concurrent: 1 } as const;
      const { cpuMicros, cpuShares } = await streams(client, running, of);
      return { values: { cpu_per_stream: cpuMicros / count }, cpuShares };
    },
  };
  try {
    return await measure(longStream, context, {
      variants: [fixed, variant(tenth), variant(deltas)],
      warmUps: context.short ? 1 : 2,
      units: { cpu_per_stream: 'us', cpu_per_delta: 'us', loop_max: 'ms' },
      derived: [linear],
      targets: [
        {
          key: 'long-linear',
          says: '100,000 deltas of 20 bytes in one stream: linear within 10 %, a delta costs no more than 1.1 times that in a stream of a tenth',
          of: linear.name,
          atMost: 1.1,
        },
        {
          key: 'long-stall',
          says: '100,000 deltas of 20 bytes in one stream: no loop stall over 30 ms',
          of: `loop_max gateway ${deltas}`,
          atMost: 30,
        },
      ],
    });
  } finally {
    await client.stop();
    await running.stop();
  }
}

export const longStream: Scenario = {
  name: 'long-stream',
  shows: `CPU a delta and the longest stall of the loop in one stream of ${deltas.toLocaleString('en-US')} deltas, and in ten of a tenth`,
  run,
};
