/**
 * Deltas at the pace of models, many streams at a time: what each costs when nothing arrives together. Only the time in which every
 * stream flows is counted, so that beginnings and ends are not.
 */

import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { paced as pacedPlay } from '../play.ts';
import { difference, measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { flowRates, flowUnits, perSubject, streams, warmBy, withStand } from '../stand.ts';

const everyMs = 20;
const concurrent = 100;

const run = (context: Context): Promise<Result> =>
  withStand([{ subject: gateway }, { subject: bare }], (stand) => {
    // More than three seconds in which all of them flow.
    const deltas = context.short ? 75 : 200;
    const of = { api: 'responses', play: pacedPlay(deltas, everyMs), streams: concurrent, concurrent } as const;
    return measure(paced, context, {
      variants: perSubject(stand, async (subject) => {
        const measured = await streams(stand.client, subject, { ...of, rampMs: everyMs });
        const { values, cpuShares } = flowRates(measured);
        const { report } = measured;
        return {
          values: { ...values, deltas_per_read: report.deltas / report.reads },
          ...(cpuShares && { cpuShares }),
        };
      }),
      warmUps: warmBy('cpu_per_delta', context),
      units: { ...flowUnits, deltas_per_read: '' },
      derived: [ratio('cpu_per_delta', 'gateway', 'bare'), difference('cpu_per_delta', 'us', 'gateway', 'bare')],
      targets: [
        {
          key: 'cpu-delta-paced',
          says: 'CPU per delta beyond the bare writer, paced: <= 15 us',
          of: 'cpu_per_delta gateway-bare',
          atMost: 15,
        },
      ],
    });
  });

export const paced: Scenario = {
  name: 'paced',
  shows: `CPU a delta in ${concurrent} streams of ${1_000 / everyMs} deltas a second each`,
  run,
};
