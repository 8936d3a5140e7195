/** Model requests that are answered whole, on many connections. */

import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { express, nodeHttp } from '../peers/naive.ts';
import { portkey } from '../peers/portkey.ts';
import { burst } from '../play.ts';
import { measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { perSubject, rates, rateUnits, requests as load, withStand } from '../stand.ts';

const deltas = 50;
const connections = 64;
const subjects = [gateway, bare, nodeHttp, express, portkey].map((subject) => ({ subject }));

const run = (context: Context): Promise<Result> =>
  withStand(subjects, (stand) => {
    const count = context.short ? 500 : 2_000;
    const of = { api: 'chat-whole', play: burst(deltas), requests: count, connections } as const;
    return measure(requests, context, {
      variants: perSubject(stand, async (subject) => rates('requests', count, await load(stand.client, subject, of))),
      warmUps: context.short ? 1 : 3,
      units: rateUnits('requests'),
      derived: ['bare', 'node-http', 'express', 'portkey'].flatMap((peer) => [
        ratio('requests_per_core_second', 'gateway', peer),
        ratio('requests_per_second', 'gateway', peer),
      ]),
      targets: [
        {
          key: 'requests-express',
          says: 'non-streaming model requests a second against the Express translation: >= 1.5x',
          of: 'requests_per_core_second gateway/express',
          atLeast: 1.5,
        },
        {
          key: 'requests-portkey',
          says: 'non-streaming model requests a second against Portkey: >= 5x',
          of: 'requests_per_core_second gateway/portkey',
          atLeast: 5,
        },
      ],
    });
  });

export const requests: Scenario = {
  name: 'requests',
  shows: `chat completions that are answered whole, of ${deltas} deltas, ${connections} at a time`,
  run,
};
