/**
 * Deltas as fast as they are taken, in streams so long that their beginning and end cost little. `apart`: so many streams take turns
 * that no read of a worker's pipe brings two deltas of one of them, to a gateway that never waits for more, so that nothing is
 * coalesced; `apart, coalesced`: the same to a gateway as it is by itself; `burst`: a worker writes an answer at once. The reference
 * writes the same frames, one a write. How many deltas the client had in one read says of each what came together, for whatever
 * reason: a client that is late finds more.
 */

import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { burst, oneByOne, type Play } from '../play.ts';
import { difference, measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { perSubject, rates, rateUnits, sizes, type Stand, streams, warmBy, withStand } from '../stand.ts';
import type { Sizes } from '../warm.ts';

/** Of two workers: a read of a pipe is 64 kB at the most, and a delta of each stream is more than that. */
const apartStreams = 640;
const apart = { full: 800, short: 100 };
const burstStreams = { full: 48, short: 16 };
const burstDeltas = 4_000;
/** Answers at once, whatever there is to do. */
const uncoalesced = 'gateway-0ms';
const subjects = [
  { subject: gateway },
  { subject: gateway, name: uncoalesced, options: { env: { PROXY_SSE_COALESCE_MS: '0' } } },
  { subject: bare },
];

interface Kind {
  readonly play: Play;
  readonly concurrent: number;
  readonly sized: Sizes;
  /** By the name of who is asked. */
  readonly labels: Readonly<Record<string, string>>;
}

const variants = (stand: Stand, { play, concurrent, sized, labels }: Kind) =>
  perSubject(
    stand,
    async (subject, variant) => {
      const of = { api: 'responses', play, concurrent } as const;
      const [count, measured] = await sized.run(variant, (all) =>
        streams(stand.client, subject, { ...of, streams: all }),
      );
      const { values, cpuShares } = rates('deltas', count * play.deltas, measured);
      const { report } = measured;
      return { values: { ...values, deltas_per_read: report.deltas / report.reads }, ...(cpuShares && { cpuShares }) };
    },
    (name) => labels[name] ?? name,
    (name) => Object.hasOwn(labels, name),
  );

const run = (context: Context): Promise<Result> =>
  withStand(subjects, (stand) => {
    const length = context.short ? 'short' : 'full';
    const atOnce = burstStreams[length];
    return measure(saturation, context, {
      variants: [
        ...variants(stand, {
          play: oneByOne(apart[length]),
          concurrent: apartStreams,
          sized: sizes(context, apartStreams),
          labels: {
            [uncoalesced]: 'gateway apart',
            [gateway.name]: 'gateway apart, coalesced',
            [bare.name]: 'bare apart',
          },
        }),
        ...variants(stand, {
          play: burst(burstDeltas),
          concurrent: atOnce,
          sized: sizes(context, atOnce),
          labels: { [gateway.name]: 'gateway burst', [bare.name]: 'bare burst' },
        }),
      ],
      warmUps: warmBy('cpu_per_delta', context),
      units: { ...rateUnits('deltas'), deltas_per_read: '' },
      derived: [
        ratio('deltas_per_core_second', 'gateway apart', 'bare apart'),
        ratio('deltas_per_core_second', 'gateway apart, coalesced', 'bare apart'),
        ratio('deltas_per_core_second', 'gateway burst', 'bare burst'),
        difference('cpu_per_delta', 'us', 'gateway apart', 'bare apart'),
        difference('cpu_per_delta', 'us', 'gateway apart, coalesced', 'bare apart'),
        difference('cpu_per_delta', 'us', 'gateway burst', 'bare burst'),
      ],
      targets: [
        {
          key: 'events-apart',
          says: 'events a second at saturation, per gateway core, against bare uWebSockets.js: >= 0.7 without coalescing',
          of: 'deltas_per_core_second gateway apart/bare apart',
          atLeast: 0.7,
        },
        {
          key: 'events-burst',
          says: 'events a second at saturation, per gateway core, against bare uWebSockets.js: >= 2 with coalescing',
          of: 'deltas_per_core_second gateway burst/bare burst',
          atLeast: 2,
        },
        {
          key: 'cpu-delta-saturated',
          says: 'CPU per delta beyond the bare writer, at saturation (burst): <= 2 us',
          of: 'cpu_per_delta gateway burst-bare burst',
          atMost: 2,
        },
      ],
    });
  });

export const saturation: Scenario = {
  name: 'saturation',
  shows: 'deltas a second, per core of the server, when workers write as fast as they are read',
  run,
};
