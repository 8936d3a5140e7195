/** Right behind an overload of three times the capacity half of it is offered: it has to be as before. */

import { goodputOf, refusedOf, startOffered } from '../offered.ts';
import { measure, ratio, type Variant } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { milliseconds } from '../stand.ts';

async function run(context: Context): Promise<Result> {
  const offered = await startOffered('slots', context.short ? 300 : 1_000, context.short ? 1 : 6);
  const seconds = context.short ? 1 : 3;
  const variant = (name: string, before: () => Promise<unknown>): Variant => ({
    name,
    async measure() {
      await before();
      const { report, cpuShares } = await offered.offer(offered.capacity / 2, seconds);
      return {
        values: {
          goodput: goodputOf(report),
          refused: refusedOf(report),
          whole_p50: milliseconds(report.whole.p50),
          whole_p99: milliseconds(report.whole.p99),
        },
        cpuShares,
      };
    },
  });
  try {
    return await measure(recovery, context, {
      variants: [
        variant('before', async () => {}),
        variant('after overload', () => offered.offer(offered.capacity * 3, seconds)),
      ],
      warmUps: 0,
      units: { goodput: '/s', refused: '', whole_p50: 'ms', whole_p99: 'ms' },
      derived: [ratio('goodput', 'after overload', 'before'), ratio('whole_p99', 'after overload', 'before')],
    });
  } finally {
    await offered.stop();
  }
}

export const recovery: Scenario = {
  name: 'recovery',
  shows: 'answers at half of the capacity, and right after three times of it was offered',
  run,
};
