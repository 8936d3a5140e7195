/**
 * Whole chat completions offered at a rate, whatever becomes of them: how many a second are answered so that 99 of 100 wait no
 * longer than a bound, from when each was due. Each subject is offered shares of what it can do at all, and more than that.
 */

import { rateWithin, type Step } from '../frontier.ts';
import { gateway } from '../gateway.ts';
import { express, nodeHttp } from '../peers/naive.ts';
import { portkey } from '../peers/portkey.ts';
import { burst } from '../play.ts';
import { measure, ratio, type Sample } from '../rounds.ts';
import type { Context, Curve, Helper, Result, Scenario } from '../scenario.ts';
import { median } from '../statistics.ts';
import { milliseconds, requests, type Stand, withStand } from '../stand.ts';
import type { Running } from '../subject.ts';
import { warm } from '../warm.ts';

const subjects = [gateway, nodeHttp, express, portkey].map((subject) => ({ subject }));
const shares = [0.2, 0.4, 0.6, 0.75, 0.9, 1, 1.15];
const boundsMs = [5, 20, 100];
const connections = 512;
const api = 'chat-whole' as const;
const play = burst(10);
const million = 1_000_000;
/** A 99th percentile of fewer is the worst of a handful. */
const requestsMin = 1_000;

type Shares = NonNullable<Sample['cpuShares']>;
const helpers: readonly Helper[] = ['client', 'shim'];

const figure = (boundMs: number): string => `requests_within_${boundMs}_ms`;

/** Requests a second when nothing is held back and the subject is warm. */
async function capacity({ client }: Stand, subject: Running, count: number, readingsMax: number): Promise<number> {
  let capable = 0;
  const read = async (): Promise<number> => {
    const { report } = await requests(client, subject, { api, play, requests: count, connections: 64 });
    capable = count / (report.elapsedMicros / million);
    return capable;
  };
  await read();
  await warm(read, readingsMax);
  return capable;
}

async function curveOf(
  { client }: Stand,
  subject: Running,
  capable: number,
  { short }: Context,
): Promise<{ readonly steps: readonly Step[]; readonly cpuShares: Shares }> {
  const steps: Step[] = [];
  const cpuShares: Partial<Record<Helper, number>> = {};
  for (const share of shares) {
    const perSecond = Math.max(1, Math.round(capable * share));
    const asked = short ? Math.ceil(perSecond / 2) : Math.max(requestsMin, perSecond);
    const of = { api, play, requests: asked, connections, perSecond };
    const { report, cpuShares: now } = await requests(client, subject, of);
    steps.push({ perSecond, p99Ms: milliseconds(report.whole.p99) });
    for (const helper of helpers) {
      const share = now[helper];
      if (share !== undefined) cpuShares[helper] = Math.max(share, cpuShares[helper] ?? 0);
    }
  }
  return { steps, cpuShares };
}

const run = (context: Context): Promise<Result> =>
  withStand(subjects, async (stand) => {
    const curves = new Map<string, (readonly Step[])[]>();
    const capable = new Map<string, number>();
    for (const [name, subject] of stand.running) {
      curves.set(name, []);
      capable.set(
        name,
        context.short ? await capacity(stand, subject, 400, 1) : await capacity(stand, subject, 3_000, 12),
      );
    }
    const variants = [...stand.running].map(([name, subject]) => ({
      name,
      async measure(): Promise<Sample> {
        const { steps, cpuShares } = await curveOf(stand, subject, capable.get(name) ?? 1, context);
        curves.get(name)?.push(steps);
        const found = boundsMs.map((within) => ({ name: figure(within), ...rateWithin(steps, within) }));
        return {
          values: Object.fromEntries(found.map(({ name: of, rate }) => [of, rate])),
          // At the step that asks most of them.
          cpuShares,
          bounds: Object.fromEntries(found.flatMap(({ name: of, bound }) => (bound === null ? [] : [[of, bound]]))),
        };
      },
    }));
    const result = await measure(frontier, context, {
      variants,
      warmUps: 0,
      units: Object.fromEntries(boundsMs.map((bound) => [figure(bound), '/s'])),
      derived: ['node-http', 'express', 'portkey'].flatMap((peer) =>
        boundsMs.map((within) => ratio(figure(within), 'gateway', peer)),
      ),
    });
    return {
      ...result,
      curves: [...curves].map(
        ([subject, all]): Curve => ({
          name: 'p99',
          subject,
          x: 'requests a second offered',
          y: 'p99, ms',
          points: shares.map((_, index) => [
            median(all.map((steps) => steps[index]?.perSecond ?? 0)),
            median(all.map((steps) => steps[index]?.p99Ms ?? 0)),
          ]),
        }),
      ),
    };
  });

export const frontier: Scenario = {
  name: 'frontier',
  shows: 'requests a second that are answered within a bound, for 99 of 100',
  run,
};
