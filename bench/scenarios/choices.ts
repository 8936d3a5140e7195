/**
 * What several choices of one streamed chat completion cost: each is a turn of its own, so the last to begin and the last to end
 * are what a client waits for.
 */

import { readChoices } from '../choices-stream.ts';
import { gateway } from '../gateway.ts';
import process from 'node:process';
import { paced } from '../play.ts';
import { cpuMicrosOf } from '../processes.ts';
import { measure, ratio } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { perSubject, withStand } from '../stand.ts';

const numbers = [1, 2, 5];
const deltas = 100;
const everyMs = 1;
const thousand = 1_000;

const run = (context: Context): Promise<Result> =>
  withStand([{ subject: gateway }], (stand) =>
    measure(choices, context, {
      variants: numbers.flatMap((n) =>
        perSubject(
          stand,
          async (subject) => {
            const shims = subject.shims();
            const before = { client: process.cpuUsage(), shims: cpuMicrosOf(shims) };
            const { allBegunMs, endedMs } = await readChoices(subject, n, paced(deltas, everyMs));
            // The suite itself is the client here.
            const { user, system } = process.cpuUsage(before.client);
            const micros = endedMs * thousand;
            return {
              values: { all_begun: allBegunMs, ended: endedMs },
              cpuShares: { client: (user + system) / micros, shim: (cpuMicrosOf(shims) - before.shims) / micros },
            };
          },
          (name) => `${name} n=${n}`,
        ),
      ),
      units: { all_begun: 'ms', ended: 'ms' },
      derived: numbers
        .slice(1)
        .flatMap((n) => [
          ratio('all_begun', `gateway n=${n}`, 'gateway n=1'),
          ratio('ended', `gateway n=${n}`, 'gateway n=1'),
        ]),
    }),
  );

export const choices: Scenario = {
  name: 'choices',
  shows: `time until all choices of a stream have begun, and ended, of ${deltas} deltas a choice`,
  run,
};
