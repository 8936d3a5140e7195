/**
 * Deltas as fast as they are taken, in streams so long that their beginning and end cost nothing. `apart`: no two deltas of a
 * stream arrive together, and a gateway that never waits for more, so that nothing is coalesced; `burst`: a worker writes an answer
 * at once, and the gateway does as it does by itself. The reference writes the same frames, one a write; how many deltas the
 * client had in one read says what was coalesced.
 */

import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { burst, oneByOne, type Play } from '../play.ts';
import { difference, measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { perSubject, rates, rateUnits, sizes, type Stand, streams, warmBy, withStand } from '../stand.ts';
import type { Sizes } from '../warm.ts';

const deltas = 4_000;
/** Answers at once, whatever there is to do. */
const uncoalesced = 'gateway-0ms';
const subjects = [
  { subject: gateway },
  { subject: gateway, name: uncoalesced, options: { env: { PROXY_SSE_COALESCE_MS: '0' } } },
  { subject: bare },
];

const variants = (stand: Stand, sized: Sizes, concurrent: number, kind: string, play: Play, without: string) =>
  perSubject(
    stand,
    async (subject, variant) => {
      const of = { api: 'responses', play, concurrent } as const;
      const [count, measured] = await sized.run(variant, (all) =>
        streams(stand.client, subject, { ...of, streams: all }),
      );
      const { values, cpuShares } = rates('deltas', count * deltas, measured);
      const { report } = measured;
      return { values: { ...values, deltas_per_read: report.deltas / report.reads }, ...(cpuShares && { cpuShares }) };
    },
    (name) => `${name === uncoalesced ? gateway.name : name} ${kind}`,
    (name) => name !== without,
  );

const run = (context: Context): Promise<Result> =>
  withStand(subjects, (stand) => {
    const concurrent = context.short ? 16 : 48;
    const sized = sizes(context, concurrent);
    return measure(saturation, context, {
      variants: [
        ...variants(stand, sized, concurrent, 'apart', oneByOne(deltas), gateway.name),
        ...variants(stand, sized, concurrent, 'burst', burst(deltas), uncoalesced),
      ],
      warmUps: warmBy('cpu_per_delta', context),
      units: { ...rateUnits('deltas'), deltas_per_read: '' },
      derived: [
        ratio('deltas_per_core_second', 'gateway apart', 'bare apart'),
        ratio('deltas_per_core_second', 'gateway burst', 'bare burst'),
        difference('cpu_per_delta', 'us', 'gateway apart', 'bare apart'),
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
          says: 'CPU per delta beyond the bare writer, at saturation: <= 2 us',
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
