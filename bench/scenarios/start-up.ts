/**
 * From nothing to the first answer: how long, and for how much CPU. The gateway starts as `npm start` starts it, and once more without
 * its launcher. Workers are shims, so this is the server's own share.
 */

import { gateway } from '../gateway.ts';
import { LoadClient } from '../load-client.ts';
import { express, nodeHttp } from '../peers/naive.ts';
import { burst } from '../play.ts';
import { cpuMicrosOf, endedMicros } from '../processes.ts';
import { measure, ratio, type Variant } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { milliseconds, requests } from '../stand.ts';
import type { StartOptions, Subject } from '../subject.ts';

const first = { api: 'chat-whole', play: burst(1), requests: 1, connections: 1 } as const;

const endedMicrosOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + endedMicros(pid), 0);

async function run(context: Context): Promise<Result> {
  const client = new LoadClient();
  const variant = (subject: Subject, name = subject.name, options: StartOptions = {}): Variant => ({
    name,
    async measure() {
      const startedMs = performance.now();
      const running = await subject.start(options);
      try {
        const serving = performance.now() - startedMs;
        const { report } = await requests(client, running, first);
        return {
          values: {
            serving,
            first_answer: milliseconds(report.whole.max),
            // With what the launcher started and waited for.
            cpu: milliseconds(cpuMicrosOf(running.pids) + endedMicrosOf(running.pids)),
          },
        };
      } finally {
        await running.stop();
      }
    },
  });
  try {
    return await measure(startUp, context, {
      variants: [
        variant(gateway, gateway.name, { launched: true }),
        variant(gateway, 'gateway alone'),
        variant(nodeHttp),
        variant(express),
      ],
      units: { serving: 'ms', first_answer: 'ms', cpu: 'ms' },
      derived: ['gateway', 'gateway alone'].flatMap((name) => [
        ratio('serving', name, 'express'),
        ratio('cpu', name, 'express'),
      ]),
    });
  } finally {
    await client.stop();
  }
}

export const startUp: Scenario = {
  name: 'start-up',
  shows: 'time until two workers are ready, and of the very first answer',
  run,
};
