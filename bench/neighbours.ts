/** Streams at the pace of models, measured alone and beside something that might hold them up. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Load } from './client/messages.ts';
import { Background, type Expected } from './background.ts';
import { LoadClient } from './load-client.ts';
import { paced } from './play.ts';
import { type Probed, startProbed } from './probed.ts';
import { difference, type Plan, type Variant } from './rounds.ts';
import { gateway } from './gateway.ts';
import { milliseconds, streams } from './stand.ts';
import type { StartOptions } from './subject.ts';

const concurrent = 64;
const everyMs = 20;
const settleMs = 500;

export interface Beside {
  readonly name: string;
  readonly load: (running: Probed) => Load;
  /** So many of its streams have begun before anything is measured. */
  readonly begun: number;
  /** What must have become of it when all is measured. */
  readonly expected: Expected;
  readonly seconds: number;
  readonly options?: StartOptions;
}

export async function withNeighbours<T>(beside: Beside, use: (plan: Plan) => Promise<T>): Promise<T> {
  const running = await startProbed(gateway, beside.options);
  const client = new LoadClient();
  const variant = (name: string, load: (() => Load) | null): Variant => ({
    name,
    async measure() {
      const before = await running.memory();
      const background = load === null ? null : new Background();
      try {
        if (background !== null && load !== null) await background.start(load(), beside.begun);
        const held = await running.memory();
        const play = paced((beside.seconds * 1_000) / everyMs, everyMs);
        const of = { api: 'responses', play, streams: concurrent, concurrent, rampMs: everyMs } as const;
        const [{ report, cpuShares }, loop] = await running.loopDelay(() => streams(client, running, of));
        await background?.stop(beside.expected);
        return {
          values: {
            gap_p99: milliseconds(report.gap.p99),
            lag_p99: milliseconds(report.lag.p99),
            lag_max: milliseconds(report.lag.max),
            loop_max: loop.maxMs,
            held: held.residentBytes - before.residentBytes,
          },
          cpuShares,
        };
      } finally {
        await background?.stop();
        await sleep(settleMs);
      }
    },
  });
  try {
    const warmUp = { api: 'responses', play: paced(everyMs, everyMs), streams: concurrent, concurrent } as const;
    await streams(client, running, warmUp);
    return await use({
      variants: [variant('alone', null), variant(beside.name, () => beside.load(running))],
      warmUps: 0,
      units: { gap_p99: 'ms', lag_p99: 'ms', lag_max: 'ms', loop_max: 'ms', held: 'B' },
      derived: ['gap_p99', 'lag_p99', 'lag_max', 'loop_max'].map((figure) =>
        difference(figure, 'ms', beside.name, 'alone'),
      ),
    });
  } finally {
    await client.stop();
    await running.stop();
  }
}
