/**
 * Three times as many requests as there are slots for. Invariant: who is refused is told when to come again, with 429 or 503;
 * anything else fails the run.
 */

import { goodputOf, refusedOf, startOffered } from '../offered.ts';
import { measure, ratio, type Variant } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { milliseconds } from '../stand.ts';

const truthful = new Set(['429', '503']);

async function run(context: Context): Promise<Result> {
  const offered = await startOffered(context.short ? 300 : 1_000);
  const seconds = context.short ? 2 : 5;
  const variant = (times: number): Variant => ({
    name: `offered ${times}x`,
    async measure() {
      const { report, cpuMicros, cpuShares } = await offered.offer(offered.capacity * times, seconds);
      const refused = refusedOf(report);
      const strange = Object.keys(report.refused).filter((status) => !truthful.has(status));
      if (strange.length > 0) throw new Error(`requests were refused with ${strange.join(', ')}`);
      if (report.retryAfter !== refused)
        throw new Error(`${refused - report.retryAfter} of ${refused} refusals do not say when to come again`);
      return {
        values: {
          goodput: goodputOf(report),
          refused: refused / (refused + report.finished),
          core_share: cpuMicros / report.elapsedMicros,
          whole_p50: milliseconds(report.whole.p50),
          whole_p99: milliseconds(report.whole.p99),
        },
        cpuShares,
      };
    },
  });
  try {
    return await measure(overload, context, {
      variants: [variant(1), variant(3)],
      warmUps: 0,
      units: { goodput: '/s', refused: '', core_share: '', whole_p50: 'ms', whole_p99: 'ms' },
      derived: [ratio('goodput', 'offered 3x', 'offered 1x')],
      targets: [
        {
          key: 'overload-goodput',
          says: 'goodput at 3x overload against that at capacity: >= 0.9',
          of: 'goodput offered 3x/offered 1x',
          atLeast: 0.9,
        },
      ],
    });
  } finally {
    await offered.stop();
  }
}

export const overload: Scenario = {
  name: 'overload',
  shows: 'answers a second when as much is offered as there is room for, and three times as much',
  run,
};
