/**
 * One very long stream against ten of a tenth: as many deltas, so what a delta costs has to be the same. The answer is repeated
 * whole at its end, which must not hold up others either.
 */

import { gateway } from '../gateway.ts';
import { LoadClient } from '../load-client.ts';
import { burst } from '../play.ts';
import { startProbed } from '../probed.ts';
import { measure, ratio, type Variant } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { streams } from '../stand.ts';

const bytes = 20;
const deltas = 100_000;
/** Of one step of the worker. */
const batch = 10;

async function run(context: Context): Promise<Result> {
  const running = await startProbed(gateway);
  const client = new LoadClient();
  const variant = (each: number): Variant => ({
    name: `gateway ${each}`,
    async measure() {
      const count = deltas / each;
      const play = { ...burst(each, bytes), batch };
      const of = { api: 'responses', play, streams: count, concurrent: 1 } as const;
      const [{ report, cpuMicros, cpuShares }, loop] = await running.loopDelay(() => streams(client, running, of));
      return { values: { cpu_per_delta: cpuMicros / report.deltas, loop_max: loop.maxMs }, cpuShares };
    },
  });
  try {
    return await measure(longStream, context, {
      variants: [variant(deltas / 10), variant(deltas)],
      units: { cpu_per_delta: 'us', loop_max: 'ms' },
      derived: [ratio('cpu_per_delta', `gateway ${deltas}`, `gateway ${deltas / 10}`)],
      targets: [
        {
          key: 'long-linear',
          says: '100,000 deltas of 20 bytes in one stream: linear within 10 %',
          of: `cpu_per_delta gateway ${deltas}/gateway ${deltas / 10}`,
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
  shows: `CPU a delta and the longest stall of the loop in one stream of ${deltas} deltas, and in ten of a tenth`,
  run,
};
