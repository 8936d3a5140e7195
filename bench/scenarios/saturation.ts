/**
 * Deltas as fast as they are taken, in streams so long that their beginning and end cost nothing. `apart`: no two deltas of a
 * stream arrive together, so that there is nothing to coalesce; `burst`: a worker writes an answer at once. The reference writes
 * the same frames, one a write.
 */

import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { burst, oneByOne, type Play } from '../play.ts';
import { difference, measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { perSubject, rates, rateUnits, type Stand, streams, withStand } from '../stand.ts';

const deltas = 4_000;

const variants = (stand: Stand, count: number, kind: string, play: Play) =>
  perSubject(
    stand,
    async (subject) => {
      const of = { api: 'responses', play, streams: count, concurrent: count } as const;
      return rates('deltas', count * deltas, await streams(stand.client, subject, of));
    },
    (name) => `${name} ${kind}`,
  );

const run = (context: Context): Promise<Result> =>
  withStand([{ subject: gateway }, { subject: bare }], (stand) => {
    const count = context.short ? 16 : 48;
    return measure(saturation, context, {
      variants: [
        ...variants(stand, count, 'apart', oneByOne(deltas)),
        ...variants(stand, count, 'burst', burst(deltas)),
      ],
      units: rateUnits('deltas'),
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
