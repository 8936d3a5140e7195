/**
 * One node against two, each on both cores, which they share with the load client and the shims. What two nodes can win by the clock
 * is what the others leave of the second core, so each figure comes by the CPU time of the gateway, too: a second node that costs
 * nothing does as much with each second of it as one alone. `gateway_cores`: busy cores of the gateway, all of its processes together.
 */

import { gateway } from '../gateway.ts';
import { burst } from '../play.ts';
import { measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { perSubject, rates, rateUnits, requests as load, sizes, warmBy, withStand } from '../stand.ts';
import type { Api } from '../subject.ts';
import type { Sizes } from '../warm.ts';

const connections = 64;
const cores = '0,1';
const subjects = [1, 2].map((count) => ({
  subject: gateway,
  name: count === 1 ? 'one node' : 'two nodes',
  options: { cores, env: { PROXY_NODES: String(count), PROXY_WORKER_COUNT: String(2 / count) } },
}));

const lists = (name: string): string => `${name}, lists`;

const run = (context: Context): Promise<Result> =>
  withStand(subjects, (stand) => {
    const sized = { chats: sizes(context, context.short ? 1_000 : 4_000), models: sizes(context, 5_000) };
    const variants = (api: Api, sizes: Sizes, label: (name: string) => string) =>
      perSubject(
        stand,
        async (subject, variant) => {
          const [count, measured] = await sizes.run(variant, (all) =>
            load(stand.client, subject, { api, play: burst(50), connections, requests: all }),
          );
          const { values, cpuShares } = rates('requests', count, measured);
          return {
            values: { ...values, gateway_cores: measured.cpuMicros / measured.report.elapsedMicros },
            ...(cpuShares && { cpuShares }),
          };
        },
        label,
      );
    return measure(nodes, context, {
      variants: [
        ...variants('chat-whole', sized.chats, (name) => name),
        // Loads of their own: what client and shims use is another thing for each.
        ...variants('models', sized.models, lists),
      ],
      warmUps: warmBy('cpu_per_request', context),
      units: { ...rateUnits('requests'), gateway_cores: 'cores' },
      derived: [(name: string) => name, lists].flatMap((label) => [
        ratio('requests_per_second', label('two nodes'), label('one node')),
        ratio('requests_per_core_second', label('two nodes'), label('one node')),
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
