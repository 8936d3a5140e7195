/**
 * Whole chat completions offered at a rate, whatever becomes of them: how many a second are answered so that 99 of 100 wait no
 * longer than a bound. Each subject is offered shares of what it can do at all.
 */

import { rateWithin, type Step } from '../frontier.ts';
import { gateway } from '../gateway.ts';
import { express, nodeHttp } from '../peers/naive.ts';
import { portkey } from '../peers/portkey.ts';
import { burst } from '../play.ts';
import { measure, ratio, type Sample } from '../rounds.ts';
import type { Context, Curve, Result, Scenario } from '../scenario.ts';
import { median } from '../statistics.ts';
import { milliseconds, requests, type Stand, withStand } from '../stand.ts';
import type { Running } from '../subject.ts';

const subjects = [gateway, nodeHttp, express, portkey].map((subject) => ({ subject }));
const shares = [0.2, 0.4, 0.6, 0.75, 0.9];
const boundsMs = [5, 20, 100];
const connections = 512;
const api = 'chat-whole' as const;
const play = burst(10);
const million = 1_000_000;
/** Of a subject that keeps no bound at all: nothing is divided by 0. */
const rateMin = 1;

const figure = (boundMs: number): string => `requests_within_${boundMs}_ms`;

/** Requests a second when nothing is held back, after two rounds of the same. */
async function capacity({ client }: Stand, subject: Running, count: number): Promise<number> {
  const of = { api, play, requests: count, connections: 64 };
  for (const _ of [1, 2]) await requests(client, subject, of);
  const { report } = await requests(client, subject, of);
  return count / (report.elapsedMicros / million);
}

async function curveOf(
  { client }: Stand,
  subject: Running,
  capable: number,
  seconds: number,
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const share of shares) {
    const perSecond = Math.max(1, Math.round(capable * share));
    const of = { api, play, requests: Math.ceil(perSecond * seconds), connections, perSecond };
    const { report } = await requests(client, subject, of);
    steps.push({ perSecond, p99Ms: milliseconds(report.whole.p99) });
  }
  return steps;
}

const run = (context: Context): Promise<Result> =>
  withStand(subjects, async (stand) => {
    const seconds = context.short ? 0.5 : 1;
    const curves = new Map<string, (readonly Step[])[]>();
    const capable = new Map<string, number>();
    for (const [name, subject] of stand.running) {
      curves.set(name, []);
      capable.set(name, await capacity(stand, subject, context.short ? 400 : 1_500));
    }
    const variants = [...stand.running].map(([name, subject]) => ({
      name,
      async measure(): Promise<Sample> {
        const steps = await curveOf(stand, subject, capable.get(name) ?? 1, seconds);
        curves.get(name)?.push(steps);
        return {
          values: Object.fromEntries(
            boundsMs.map((bound) => [figure(bound), Math.max(rateMin, rateWithin(steps, bound))]),
          ),
        };
      },
    }));
    const result = await measure(frontier, context, {
      variants,
      warmUps: 0,
      units: Object.fromEntries(boundsMs.map((bound) => [figure(bound), '/s'])),
      derived: ['node-http', 'express', 'portkey'].flatMap((peer) => {
        const widest = figure(boundsMs.at(-1) ?? 0);
        return [ratio(widest, 'gateway', peer)];
      }),
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
