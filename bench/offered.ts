/**
 * A gateway that can be offered more than it can do, and what it makes of that. Either slots run out: few of them, a short queue,
 * and turns that take their time, as models do. Or its core does: slots in plenty, and answers that are there at once. Invariant:
 * the capacity is measured, warm, before anything is offered beyond it.
 */

import type { Report } from './client/messages.ts';
import { gateway } from './gateway.ts';
import { LoadClient, type Measured } from './load-client.ts';
import { burst, paced, type Play } from './play.ts';
import { requestText } from './requests.ts';
import type { Running } from './subject.ts';
import { warm } from './warm.ts';

const timeoutMs = 60_000;
const million = 1_000_000;

export type Scarce = 'slots' | 'core';

interface Setting {
  readonly env: Readonly<Record<string, string>>;
  readonly play: Play;
  /** With which the capacity is measured. */
  readonly busy: number;
  /** More than can wait: who is not served at once must be told so, not held. */
  readonly connections: number;
}

const workers = 2;
const turnsPerWorker = 16;
const settings: Readonly<Record<Scarce, Setting>> = {
  slots: {
    env: {
      PROXY_WORKER_COUNT: String(workers),
      WORKER_MAX_CONCURRENCY: String(turnsPerWorker),
      PROXY_QUEUE_MAX: '64',
      PROXY_QUEUE_WAIT_MS: '1000',
    },
    play: paced(5, 20),
    busy: workers * turnsPerWorker,
    connections: 1_000,
  },
  // The gate against overload as it is by itself; everything else has room for all who come before it closes.
  core: {
    env: { PROXY_OVERLOAD_DELAY_MS: '500', PROXY_WORKER_COUNT: '8' },
    play: burst(50),
    busy: 64,
    connections: 8_000,
  },
};

export interface Offered {
  readonly running: Running;
  /** All it can do, and nobody waiting: answers a second. */
  readonly capacity: number;
  offer(perSecond: number, seconds: number): Promise<Measured>;
  stop(): Promise<void>;
}

export const goodputOf = ({ finished, elapsedMicros }: Report): number => finished / (elapsedMicros / million);

export const refusedOf = ({ refused }: Report): number => Object.values(refused).reduce((sum, count) => sum + count, 0);

export async function startOffered(scarce: Scarce, capacityRequests: number, readingsMax: number): Promise<Offered> {
  const { env, play, busy, connections } = settings[scarce];
  const running = await gateway.start({ env });
  const client = new LoadClient();
  const target = { port: running.port, request: requestText(running, 'responses-whole', play), timeoutMs } as const;
  const stop = async (): Promise<void> => {
    await client.stop();
    await running.stop();
  };
  try {
    const full = { kind: 'requests', ...target, requests: capacityRequests, connections: busy } as const;
    let capacity = 0;
    const read = async (): Promise<number> => (capacity = goodputOf((await client.measure(full, running)).report));
    await read();
    await warm(read, readingsMax);
    return {
      running,
      capacity,
      offer: (perSecond, seconds) =>
        client.measure(
          {
            kind: 'requests',
            ...target,
            requests: Math.ceil(perSecond * seconds),
            connections,
            perSecond,
            refusals: true,
          },
          running,
        ),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
