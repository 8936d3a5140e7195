/**
 * Deltas as fast as they are taken. `apart`: no two deltas of a stream arrive together, so that nothing can be coalesced;
 * `burst`: a worker writes an answer at once. The reference writes the same frames, one a write.
 */

import { gateway } from '../gateway.ts';
import { LoadClient } from '../load-client.ts';
import { bare } from '../peers/bare.ts';
import { burst, oneByOne, type Play } from '../play.ts';
import { requestText } from '../requests.ts';
import { difference, measure, ratio, type Variant } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import type { Running } from '../subject.ts';

const deltas = 100;
const timeoutMs = 60_000;
const million = 1_000_000;

async function run(context: Context): Promise<Result> {
  const client = new LoadClient();
  const running = new Map<string, Running>();
  const streams = context.short ? 256 : 1_000;
  try {
    for (const subject of [gateway, bare]) running.set(subject.name, await subject.start());
    const variant = (kind: string, play: Play): readonly Variant[] =>
      [...running].map(([name, subject]) => ({
        name: `${name} ${kind}`,
        async measure() {
          const { report, cpuMicros, cpuShares } = await client.measure(
            {
              kind: 'streams',
              port: subject.port,
              request: requestText(subject, 'responses', play),
              streams,
              concurrent: streams,
              deltas,
              rampMs: 0,
              timeoutMs,
            },
            subject,
          );
          const seconds = report.elapsedMicros / million;
          return {
            values: {
              deltas_per_second: report.deltas / seconds,
              deltas_per_core_second: report.deltas / (cpuMicros / million),
              cpu_per_delta: cpuMicros / report.deltas,
            },
            cpuShares,
          };
        },
      }));
    return await measure(saturation, context, {
      variants: [...variant('apart', oneByOne(deltas)), ...variant('burst', burst(deltas))],
      units: { deltas_per_second: '/s', deltas_per_core_second: '/s', cpu_per_delta: 'us' },
      derived: [
        ratio('deltas_per_core_second', 'gateway apart', 'bare apart'),
        ratio('deltas_per_core_second', 'gateway burst', 'bare burst'),
        difference('cpu_per_delta', 'us', 'gateway apart', 'bare apart'),
        difference('cpu_per_delta', 'us', 'gateway burst', 'bare burst'),
      ],
      targets: [
        {
          key: 'events-apart',
          says: 'events a second per core against bare uWebSockets.js, without coalescing >= 0.7',
          of: 'deltas_per_core_second gateway apart/bare apart',
          atLeast: 0.7,
        },
        {
          key: 'events-burst',
          says: 'events a second per core against bare uWebSockets.js, with coalescing >= 2',
          of: 'deltas_per_core_second gateway burst/bare burst',
          atLeast: 2,
        },
        {
          key: 'cpu-delta-saturated',
          says: 'CPU per delta beyond the bare writer, at saturation <= 2 us',
          of: 'cpu_per_delta gateway burst-bare burst',
          atMost: 2,
        },
      ],
    });
  } finally {
    for (const subject of running.values()) await subject.stop();
    await client.stop();
  }
}

export const saturation: Scenario = {
  name: 'saturation',
  shows: 'events a second, per core of the server, when workers write as fast as they are read',
  run,
};
