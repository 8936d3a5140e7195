/**
 * Whole short streams, one behind the other on many connections: chat completions, which every reference speaks. The worker writes
 * a line a delta, as the CLI does; `burst`: it writes the answer at once.
 */

import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { express, nodeHttp } from '../peers/naive.ts';
import { portkey } from '../peers/portkey.ts';
import { burst, oneByOne, type Play } from '../play.ts';
import { measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { perSubject, rates, rateUnits, sizes, streams as load, warmBy, withStand } from '../stand.ts';

const deltas = 50;
const concurrent = 64;
const subjects = [gateway, bare, nodeHttp, express, portkey].map((subject) => ({ subject }));

const run = (context: Context): Promise<Result> =>
  withStand(subjects, (stand) => {
    const sized = sizes(context, context.short ? 128 : 640);
    const variants = (play: Play, label: (name: string) => string) =>
      perSubject(
        stand,
        async (subject, variant) => {
          const [count, measured] = await sized.run(variant, (all) =>
            load(stand.client, subject, { api: 'chat', play, streams: all, concurrent }),
          );
          return rates('streams', count, measured);
        },
        label,
      );
    return measure(streams, context, {
      variants: [...variants(oneByOne(deltas), (name) => name), ...variants(burst(deltas), (name) => `${name} burst`)],
      warmUps: warmBy('cpu_per_stream', context),
      units: rateUnits('streams'),
      derived: ['bare', 'node-http', 'express', 'portkey'].flatMap((peer) => [
        ratio('streams_per_core_second', 'gateway', peer),
        ratio('streams_per_second', 'gateway', peer),
        ratio('streams_per_core_second', 'gateway burst', `${peer} burst`),
      ]),
      targets: [
        {
          key: 'streams-express',
          says: 'streams a second (50 deltas each) against the Express translation: >= 4x',
          of: 'streams_per_core_second gateway/express',
          atLeast: 4,
        },
        {
          key: 'streams-portkey',
          says: 'streams a second (50 deltas each) against Portkey: >= 10x',
          of: 'streams_per_core_second gateway/portkey',
          atLeast: 10,
        },
      ],
    });
  });

export const streams: Scenario = {
  name: 'streams',
  shows: `streamed chat completions of ${deltas} deltas a second, ${concurrent} at a time`,
  run,
};
