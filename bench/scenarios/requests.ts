/** Model requests that are answered whole, on many connections. The worker writes a line a delta; `burst`: the answer at once. */

import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { express, nodeHttp } from '../peers/naive.ts';
import { portkey } from '../peers/portkey.ts';
import { burst, oneByOne, type Play } from '../play.ts';
import { measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { perSubject, rates, rateUnits, requests as load, sizes, warmBy, withStand } from '../stand.ts';

const deltas = 50;
const connections = 64;
/** The others are told the whole answer by nobody, or at once. */
const hasWorkers = ['gateway', 'node-http', 'express'];
const subjects = [gateway, bare, nodeHttp, express, portkey].map((subject) => ({ subject }));

const run = (context: Context): Promise<Result> =>
  withStand(subjects, (stand) => {
    const sized = sizes(context, context.short ? 500 : 2_000);
    const variants = (play: Play, label: (name: string) => string, only: (name: string) => boolean) =>
      perSubject(
        stand,
        async (subject, variant) => {
          const [count, measured] = await sized.run(variant, (all) =>
            load(stand.client, subject, { api: 'chat-whole', play, requests: all, connections }),
          );
          return rates('requests', count, measured);
        },
        label,
        only,
      );
    return measure(requests, context, {
      variants: [
        ...variants(
          oneByOne(deltas),
          (name) => name,
          () => true,
        ),
        ...variants(
          burst(deltas),
          (name) => `${name} burst`,
          (name) => hasWorkers.includes(name),
        ),
      ],
      warmUps: warmBy('cpu_per_request', context),
      units: rateUnits('requests'),
      derived: [
        ...['bare', 'node-http', 'express', 'portkey'].flatMap((peer) => [
          ratio('requests_per_core_second', 'gateway', peer),
          ratio('requests_per_second', 'gateway', peer),
        ]),
        ...['node-http', 'express'].map((peer) => ratio('requests_per_core_second', 'gateway burst', `${peer} burst`)),
      ],
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
