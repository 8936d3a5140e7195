/** `GET /v1/models`: what the front door costs by itself. */

import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { express } from '../peers/naive.ts';
import { burst } from '../play.ts';
import { measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { perSubject, rates, rateUnits, requests, sizes, warmBy, withStand } from '../stand.ts';

const connections = 64;

const run = (context: Context): Promise<Result> =>
  withStand([{ subject: gateway }, { subject: bare }, { subject: express }], (stand) => {
    const sized = sizes(context, context.short ? 5_000 : 20_000);
    return measure(models, context, {
      variants: perSubject(stand, async (subject, variant) => {
        const [count, measured] = await sized.run(variant, (all) =>
          requests(stand.client, subject, { api: 'models', play: burst(0), requests: all, connections }),
        );
        return rates('requests', count, measured);
      }),
      warmUps: warmBy('cpu_per_request', context),
      units: rateUnits('requests'),
      derived: [
        ratio('requests_per_core_second', 'gateway', 'bare'),
        ratio('requests_per_core_second', 'gateway', 'express'),
        ratio('requests_per_second', 'gateway', 'bare'),
        ratio('requests_per_second', 'gateway', 'express'),
      ],
      targets: [
        {
          key: 'models-bare',
          says: '`GET /v1/models` a second against bare uWebSockets.js: >= 0.7',
          of: 'requests_per_core_second gateway/bare',
          atLeast: 0.7,
        },
        {
          key: 'models-express',
          says: '`GET /v1/models` a second against Express: >= 10x',
          of: 'requests_per_core_second gateway/express',
          atLeast: 10,
        },
      ],
    });
  });

export const models: Scenario = { name: 'models', shows: '`GET /v1/models` a second', run };
