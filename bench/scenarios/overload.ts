/**
 * Three times as much as there is room for: more requests than slots, or more than the core can do. Invariant: who is refused is
 * told when to come again, with 429 or 503, and with 503 where it is the gateway itself that is too busy; whoever does come again
 * then is served. Anything else fails the run.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../client/messages.ts';
import { goodputOf, type Offered, refusedOf, type Scarce, startOffered } from '../offered.ts';
import { measure, ratio, type Variant } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { milliseconds } from '../stand.ts';

const truthful: Readonly<Record<Scarce, ReadonlySet<string>>> = {
  slots: new Set(['429', '503']),
  core: new Set(['503']),
};
const retryAfterSecondsMax = 60;
/** Nobody is in anybody's way at so little. */
const calmShare = 0.25;
const calmSeconds = 0.5;
const thousand = 1_000;

function checkRefusals({ refused, retryAfter, retryAfterSecondsMax: longest }: Report, scarce: Scarce): void {
  const strange = Object.keys(refused).filter((status) => !truthful[scarce].has(status));
  if (strange.length > 0) throw new Error(`requests were refused with ${strange.join(', ')}`);
  const all = Object.values(refused).reduce((sum, count) => sum + count, 0);
  if (retryAfter !== all) throw new Error(`${all - retryAfter} of ${all} refusals do not say when to come again`);
  if (longest > retryAfterSecondsMax) throw new Error(`somebody was told to come again after ${longest} s`);
}

/** Everybody comes again when they were told to, and in peace. */
async function comeAgain(offered: Offered, { retryAfterSecondsMax: longest }: Report): Promise<void> {
  await sleep(longest * thousand);
  const { report } = await offered.offer(offered.capacity * calmShare, calmSeconds);
  const again = refusedOf(report);
  if (again > 0)
    throw new Error(`${again} requests were refused ${longest} s later, as they had been told to come again`);
}

const variant = (offered: Offered, scarce: Scarce, times: number, seconds: number): Variant => ({
  name: `${scarce} ${times}x`,
  async measure() {
    const { report, cpuMicros, cpuShares } = await offered.offer(offered.capacity * times, seconds);
    checkRefusals(report, scarce);
    const refused = refusedOf(report);
    if (refused > 0) await comeAgain(offered, report);
    return {
      values: {
        goodput: goodputOf(report),
        refused: refused / (refused + report.finished),
        core_share: cpuMicros / report.elapsedMicros,
        whole_p50: milliseconds(report.whole.p50),
        whole_p99: milliseconds(report.whole.p99),
        whole_max: milliseconds(report.whole.max),
      },
      cpuShares,
    };
  },
});

async function run(context: Context): Promise<Result> {
  const { short } = context;
  const slots = await startOffered('slots', short ? 300 : 1_000, short ? 1 : 6);
  try {
    const core = await startOffered('core', short ? 500 : 4_000, short ? 1 : 12);
    try {
      return await measure(overload, context, {
        variants: [
          ...[1, 3].map((times) => variant(slots, 'slots', times, short ? 2 : 5)),
          ...[1, 3].map((times) => variant(core, 'core', times, short ? 2 * times : 10)),
        ],
        warmUps: 0,
        units: { goodput: '/s', refused: '', core_share: '', whole_p50: 'ms', whole_p99: 'ms', whole_max: 'ms' },
        derived: [ratio('goodput', 'slots 3x', 'slots 1x'), ratio('goodput', 'core 3x', 'core 1x')],
        targets: [
          {
            key: 'overload-goodput',
            says: 'goodput at 3x overload against that at capacity, where slots run out: >= 0.9',
            of: 'goodput slots 3x/slots 1x',
            atLeast: 0.9,
          },
          {
            key: 'overload-goodput-core',
            says: 'goodput at 3x overload against that at capacity, where the core does: >= 0.9',
            of: 'goodput core 3x/core 1x',
            atLeast: 0.9,
          },
          {
            key: 'overload-wait',
            says: 'bounded queue: nobody who is served at 3x overload waits longer than the queue allows (1 s) and a turn: <= 2 s',
            of: 'whole_max slots 3x',
            atMost: 2_000,
          },
          {
            key: 'overload-wait-core',
            says: 'who is served at 3x overload of the core is answered within 2 s (p99)',
            of: 'whole_p99 core 3x',
            atMost: 2_000,
          },
        ],
      });
    } finally {
      await core.stop();
    }
  } finally {
    await slots.stop();
  }
}

export const overload: Scenario = {
  name: 'overload',
  shows:
    'answers a second when as much is offered as there is room for, and three times as much: of slots, and of the core',
  run,
};
