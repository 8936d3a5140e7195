/**
 * A gateway with few slots and a short queue, and what it makes of offers. Turns take their time, as models do: it is slots that
 * run out, not the core. Invariant: the capacity is measured before anything is offered beyond it.
 */

import type { Report } from './client/messages.ts';
import { gateway } from './gateway.ts';
import { LoadClient, type Measured } from './load-client.ts';
import { paced } from './play.ts';
import { requestText } from './requests.ts';
import type { Running } from './subject.ts';

const workers = 2;
const turnsPerWorker = 16;
const slots = workers * turnsPerWorker;
const play = paced(5, 20);
const timeoutMs = 30_000;
const million = 1_000_000;
/** More than can wait: who is not served at once must be told so, not held. */
const connections = 1_000;

export interface Offered {
  readonly running: Running;
  /** All slots busy, nobody waiting: answers a second. */
  readonly capacity: number;
  offer(perSecond: number, seconds: number): Promise<Measured>;
  stop(): Promise<void>;
}

export const goodputOf = ({ finished, elapsedMicros }: Report): number => finished / (elapsedMicros / million);

export const refusedOf = ({ refused }: Report): number => Object.values(refused).reduce((sum, count) => sum + count, 0);

export async function startOffered(capacityRequests: number): Promise<Offered> {
  const running = await gateway.start({
    env: {
      PROXY_WORKER_COUNT: String(workers),
      WORKER_MAX_CONCURRENCY: String(turnsPerWorker),
      PROXY_QUEUE_MAX: '64',
      PROXY_QUEUE_WAIT_MS: '1000',
    },
  });
  const client = new LoadClient();
  const target = { port: running.port, request: requestText(running, 'responses-whole', play), timeoutMs } as const;
  const stop = async (): Promise<void> => {
    await client.stop();
    await running.stop();
  };
  try {
    const full = { kind: 'requests', ...target, requests: capacityRequests, connections: slots } as const;
    await client.measure(full, running);
    const { report } = await client.measure(full, running);
    return {
      running,
      capacity: goodputOf(report),
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
