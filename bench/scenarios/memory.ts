/**
 * What a stream holds, as the growth of resident memory from some streams to many, after collections of garbage. `idle`: open
 * and silent after its first delta; `active`: a delta twice a second, of so little text that it does not count.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Background } from '../background.ts';
import { gateway } from '../gateway.ts';
import { bare } from '../peers/bare.ts';
import { express } from '../peers/naive.ts';
import { type Play, paced } from '../play.ts';
import { startProbed } from '../probed.ts';
import { requestText } from '../requests.ts';
import { measure, type Sample, type Variant } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import type { Subject } from '../subject.ts';

const neverMs = 120_000;
const idle = paced(2, neverMs);
const active = paced(1_000_000, 500);
const settleMs = 1_500;
/** A gateway's worker has at most 1,024. */
const streamsPerWorker = 1_000;
const perSecond = 1_000;

async function perStream(subject: Subject, play: Play, few: number, many: number): Promise<Sample> {
  const running = await startProbed(subject, {
    env: { PROXY_WORKER_COUNT: String(Math.max(1, Math.ceil(many / streamsPerWorker))) },
    // How far it has grown by the second reading is no stream's.
    nodeArgs: ['--max-semi-space-size=1'],
  });
  const clients: Background[] = [];
  const open = async (streams: number) => {
    const client = new Background();
    clients.push(client);
    const load = {
      kind: 'streams',
      port: running.port,
      request: requestText(running, 'responses', play),
      streams,
      concurrent: streams,
      deltas: play.deltas,
      rampMs: (streams / perSecond) * 1_000,
      timeoutMs: neverMs,
    } as const;
    await client.start(load, streams);
    await sleep(settleMs);
    return running.memory();
  };
  try {
    const before = await open(few);
    const after = await open(many - few);
    const streams = many - few;
    // What was measured was open all the time.
    await clients[0]?.stop({ open: few });
    await clients[1]?.stop({ open: streams });
    return {
      values: {
        resident_per_stream: (after.residentBytes - before.residentBytes) / streams,
        heap_per_stream: (after.heapBytes - before.heapBytes) / streams,
      },
    };
  } finally {
    for (const client of clients) await client.stop();
    await running.stop();
  }
}

async function run(context: Context): Promise<Result> {
  const [few, many] = context.short ? [200, 1_000] : [1_000, 4_000];
  const variant = (subject: Subject, name: string, play: Play): Variant => ({
    name: `${subject.name} ${name}`,
    measure: () => perStream(subject, play, few, many),
  });
  return measure(memory, context, {
    variants: [
      variant(gateway, 'idle', idle),
      variant(gateway, 'active', active),
      variant(bare, 'idle', idle),
      variant(express, 'idle', idle),
    ],
    warmUps: 0,
    units: { resident_per_stream: 'B', heap_per_stream: 'B' },
    targets: [
      {
        key: 'memory-idle',
        says: 'memory per idle open stream: <= 16 kB',
        of: 'resident_per_stream gateway idle',
        atMost: 16_000,
      },
      {
        key: 'memory-active',
        says: 'memory per active stream without its text: <= 24 kB',
        of: 'resident_per_stream gateway active',
        atMost: 24_000,
      },
    ],
  });
}

export const memory: Scenario = {
  name: 'memory',
  shows: 'memory that one more open stream holds, silent or flowing',
  run,
};
