/**
 * One node against two, each on both cores, which they share with the load client and the shims. What two nodes can win by the clock
 * is what the others leave of the second core, so each figure comes by the CPU time of the gateway, too: a second node that costs
 * nothing does as much with each second of it as one alone.
 */

import { gateway } from '../gateway.ts';
import { burst } from '../play.ts';
import { measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { perSubject, rates, rateUnits, requests as load, sizes, warmBy, withStand } from '../stand.ts';
import type { Api } from '../subject.ts';

const connections = 64;
const cores = '0,1';
const subjects = [1, 2].map((count) => ({
  subject: gateway,
  name: count === 1 ? 'one node' : 'two nodes',
  options: { cores, env: { PROXY_NODES: String(count), PROXY_WORKER_COUNT: String(2 / count) } },
}));

/** Busy cores of the gateway, all of its processes together; what client and shims use is told beside each figure. */
const split = (cpuMicros: number, elapsedMicros: number): Readonly<Record<string, number>> => ({
  gateway_cores: cpuMicros / elapsedMicros,
});

const run = (context: Context): Promise<Result> =>
  withStand(subjects, (stand) => {
    const sized = { chats: sizes(context, context.short ? 1_000 : 4_000), models: sizes(context, 5_000) };
    const of = (api: Api) => ({ api, play: burst(50), connections }) as const;
    return measure(nodes, context, {
      variants: perSubject(stand, async (subject, variant) => {
        const [lists, models] = await sized.models.run(variant, (all) =>
          load(stand.client, subject, { ...of('models'), requests: all }),
        );
        const [count, chats] = await sized.chats.run(variant, (all) =>
          load(stand.client, subject, { ...of('chat-whole'), requests: all }),
        );
        const sample = rates('requests', count, chats);
        return {
          ...sample,
          values: {
            ...sample.values,
            ...rates('model_lists', lists, models).values,
            ...split(chats.cpuMicros, chats.report.elapsedMicros),
          },
        };
      }),
      warmUps: warmBy('cpu_per_request', context),
      units: { ...rateUnits('requests'), ...rateUnits('model_lists'), gateway_cores: 'cores' },
      derived: ['requests', 'model_lists'].flatMap((what) => [
        ratio(`${what}_per_second`, 'two nodes', 'one node'),
        ratio(`${what}_per_core_second`, 'two nodes', 'one node'),
      ]),
      targets: [
        {
          key: 'nodes-core',
          says: 'requests per second of gateway CPU, two nodes against one: >= 0.85',
          of: 'requests_per_core_second two nodes/one node',
          atLeast: 0.85,
        },
      ],
    });
  });

export const nodes: Scenario = {
  name: 'nodes',
  shows: `one node and two (PROXY_NODES) on two cores, beside client and shims: chat completions read whole and lists of models, ${connections} at a time`,
  run,
};
