/**
 * The whole gateway in one thread between a prepared worker and a front end without sockets: the shipped transport, runtime and HTTP
 * layer with nothing of the kernel's in between. For what has to be counted, or measured below the noise of processes.
 */

import { Node } from '../../actors/node.ts';
import type { Clock } from '../../actors/seams.ts';
import { chatEndpoint, responsesEndpoint } from '../../http/endpoints.ts';
import { createServer } from '../../http/server.ts';
import { createLauncher } from '../../transport/launcher.ts';
import { noHooks, noPictures, testModels, testSettings, withKey } from '../../testkit/front-end.ts';
import { countingIds, nodeLimits, poolLimits } from '../../testkit/house.ts';
import { launcherOptions } from '../../testkit/launcher-options.ts';
import { VirtualClock } from '../../testkit/virtual-clock.ts';
import { Probe, type ProbeOptions } from '../../testkit/world/probe.ts';
import { MemoryUws, type MemoryResponse } from './memory-uws.ts';
import { Lines, PreparedWorker } from './prepared-worker.ts';
import { openRecords, type Records } from './records.ts';

const tick = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface Asked {
  readonly response: MemoryResponse;
  readonly lines: Lines;
}

export class Rig {
  readonly worker = new PreparedWorker();
  readonly #uws = new MemoryUws();
  readonly #clock = new VirtualClock();
  readonly records: Records = openRecords(this.#clock);

  private constructor() {}

  static async start(probe: ProbeOptions = {}): Promise<Rig> {
    const rig = new Rig();
    const clock: Clock = rig.#clock;
    const ids = countingIds();
    const { diagnostics, journal, store, usage, metrics, toolBuffer } = rig.records;
    const bug = (error: Error): void => {
      throw error;
    };
    const launcher = createLauncher({
      ...launcherOptions,
      clock,
      ids,
      journal,
      spawner: rig.worker.spawner,
    });
    const pool = { ...poolLimits, turnsPerWorkerMax: 10_000, queueMax: 10_000, wornLeasesMax: 10_000 };
    const limits = { ...nodeLimits, pool, responseBytesMax: 16 * 1024 * 1024 };
    const service = new Probe(rig.#clock, probe).attach(
      () => new Node({ limits, clock, ids, journal, diagnostics, observers: { toolBuffer }, launcher, store, bug }),
    );
    service.start();
    const server = createServer({
      uws: rig.#uws,
      responses: responsesEndpoint,
      chat: chatEndpoint,
      service,
      clock,
      calendar: () => clock.now(),
      ids,
      journal,
      diagnostics,
      usage,
      metrics,
      models: testModels,
      anomalies: () => ({}),
      pictures: noPictures,
      hooks: { ...noHooks, toolBuffer },
      // Each chunk is written by itself, so that what a write costs is seen.
      settings: { ...testSettings, coalesceMs: 0 },
      exclusivePort: true,
    });
    await server.listen('localhost', 0);
    await rig.settle();
    return rig;
  }

  /** Until nobody has anything more to say. */
  async settle(): Promise<void> {
    for (let idle = 0; idle < 3; idle += 1) {
      await tick();
      if (this.worker.answer()) idle = 0;
    }
    this.records.check();
  }

  /** One request up to where its turn begins. */
  async ask(path: '/v1/responses' | '/v1/chat/completions', stream = true): Promise<Asked> {
    const said = path === '/v1/responses' ? { input: 'hi' } : { messages: [{ role: 'user', content: 'hi' }] };
    const body = Buffer.from(JSON.stringify({ model: 'codex-5', stream, ...said }));
    const response = this.#uws.post(path, { ...withKey, 'content-type': 'application/json' }, body);
    await this.settle();
    const threadId = this.worker.threads.at(-1) ?? '';
    return { response, lines: new Lines(threadId, this.worker.turnId) };
  }

  /** Nobody keeps records of it any more. */
  stop(): void {
    this.records.stop();
  }

  /** Time passes, so that what is said at most once a second may be said. */
  pass(ms: number): void {
    this.#clock.advance(ms);
  }
}
