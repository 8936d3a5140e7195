/** From nothing to the first answer: how long, and for how much CPU. Workers are shims, so this is the server's own share. */

import { gateway } from '../gateway.ts';
import { LoadClient } from '../load-client.ts';
import { express, nodeHttp } from '../peers/naive.ts';
import { burst } from '../play.ts';
import { cpuMicrosOf } from '../processes.ts';
import { measure, ratio, type Variant } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { milliseconds, requests } from '../stand.ts';
import type { Subject } from '../subject.ts';

const subjects: readonly Subject[] = [gateway, nodeHttp, express];
const first = { api: 'chat-whole', play: burst(1), requests: 1, connections: 1 } as const;

async function run(context: Context): Promise<Result> {
  const client = new LoadClient();
  const variant = (subject: Subject): Variant => ({
    name: subject.name,
    async measure() {
      const startedMs = performance.now();
      const running = await subject.start();
      try {
        const serving = performance.now() - startedMs;
        const { report } = await requests(client, running, first);
        return {
          values: {
            serving,
            first_answer: milliseconds(report.whole.max),
            cpu: milliseconds(cpuMicrosOf(running.pids)),
          },
        };
      } finally {
        await running.stop();
      }
    },
  });
  try {
    return await measure(startUp, context, {
      variants: subjects.map(variant),
      units: { serving: 'ms', first_answer: 'ms', cpu: 'ms' },
      derived: [ratio('serving', 'gateway', 'express'), ratio('cpu', 'gateway', 'express')],
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
