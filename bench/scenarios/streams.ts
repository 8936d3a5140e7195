/** Whole short streams, one behind the other on many connections: chat completions, which every reference speaks. */

import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { express, nodeHttp } from '../peers/naive.ts';
import { portkey } from '../peers/portkey.ts';
import { burst } from '../play.ts';
import { measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { perSubject, rates, rateUnits, streams as load, withStand } from '../stand.ts';

const deltas = 50;
const concurrent = 64;
const subjects = [gateway, bare, nodeHttp, express, portkey].map((subject) => ({ subject }));

const run = (context: Context): Promise<Result> =>
  withStand(subjects, (stand) => {
    const count = context.short ? 128 : 640;
    const of = { api: 'chat', play: burst(deltas), streams: count, concurrent } as const;
    return measure(streams, context, {
      variants: perSubject(stand, async (subject) => rates('streams', count, await load(stand.client, subject, of))),
      warmUps: context.short ? 1 : 3,
      units: rateUnits('streams'),
      derived: ['bare', 'node-http', 'express', 'portkey'].flatMap((peer) => [
        ratio('streams_per_core_second', 'gateway', peer),
        ratio('streams_per_second', 'gateway', peer),
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
