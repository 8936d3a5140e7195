/** What a response costs that says nothing: admission, lease, thread, turn, first and last events, account, store. */

import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { burst } from '../play.ts';
import { measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { perSubject, rates, rateUnits, sizes, streams, warmBy, withStand } from '../stand.ts';

const concurrent = 16;

const run = (context: Context): Promise<Result> =>
  withStand([{ subject: gateway }, { subject: bare }], (stand) => {
    const sized = sizes(context, context.short ? 500 : 2_000);
    return measure(responses, context, {
      variants: perSubject(stand, async (subject, variant) => {
        const [count, measured] = await sized.run(variant, (all) =>
          streams(stand.client, subject, { api: 'responses', play: burst(0), streams: all, concurrent }),
        );
        return rates('responses', count, measured);
      }),
      warmUps: warmBy('cpu_per_response', context),
      units: rateUnits('responses'),
      derived: [ratio('cpu_per_response', 'gateway', 'bare')],
      targets: [
        {
          key: 'cpu-response',
          says: 'CPU per response without deltas: <= 200 us',
          of: 'cpu_per_response gateway',
          atMost: 200,
        },
      ],
    });
  });

export const responses: Scenario = {
  name: 'responses',
  shows: 'CPU a streamed response without deltas',
  run,
};
