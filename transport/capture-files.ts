/**
 * Hands exchanges to the thread that makes files of them (`capture-worker.ts`). Invariants: nobody waits for it, and nothing that
 * happens to it reaches an answer: what cannot be written is dropped and counted, and told once for each kind of file until it can
 * be again. The thread is started for the first exchange, and again after it has died.
 */

import { Worker } from 'node:worker_threads';
import type { Journal } from '../actors/seams.ts';
import type { Captured, CaptureVariant } from './capture-document.ts';
import type { CaptureOrder, CaptureReceipt, CaptureWorkerData } from './capture-worker.ts';
import { Outage } from './outage.ts';

export interface CaptureFilesOptions extends CaptureWorkerData {
  readonly journal: Journal;
  /** For tests. */
  readonly spawn?: (data: CaptureWorkerData) => Worker;
}

interface Waiting {
  readonly endpoint: Captured['endpoint'];
  readonly done: () => void;
  readonly over: Promise<void>;
}

/** Of the thread; an exchange is a few megabytes at the most. */
const heapMebibytesMax = 192;

const spawnThread = (workerData: CaptureWorkerData): Worker =>
  new Worker(new URL('./capture-worker.ts', import.meta.url), {
    workerData,
    name: 'captures',
    // Nothing of the gateway's own environment is of use there.
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: heapMebibytesMax },
  });

export class CaptureFiles {
  readonly #options: CaptureFilesOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #outages = new Map<string, Outage>();
  #worker: Worker | null = null;
  #lastId = 0;

  constructor(options: CaptureFilesOptions) {
    this.#options = options;
  }

  /** Takes its bytes away. Resolves when it is written, or given up. */
  take(captured: Captured): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const id = (this.#lastId += 1);
    this.#waiting.set(id, { endpoint: captured.endpoint, done: resolve, over: promise });
    const order: CaptureOrder = { id, captured };
    this.#worker ??= this.#start();
    this.#worker.postMessage(order, [
      captured.body.buffer as ArrayBuffer,
      ...captured.pieces.map(({ bytes }) => bytes.buffer as ArrayBuffer),
    ]);
    return promise;
  }

  /** Everything that was taken before is written, or given up. */
  async settled(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.all([...this.#waiting.values()].map(({ over }) => over));
  }

  #start(): Worker {
    const { folders, limits, secrets } = this.#options;
    const workerData: CaptureWorkerData = { folders, limits, secrets };
    const worker = (this.#options.spawn ?? spawnThread)(workerData);
    // Nobody is kept alive by what is only a record.
    worker.unref();
    worker.on('message', (receipt: CaptureReceipt) => this.#settle(receipt));
    worker.on('error', (error) => this.#lose(worker, 'code' in error ? String(error.code) : 'thread'));
    worker.on('exit', () => this.#lose(worker, 'thread'));
    return worker;
  }

  #settle({ id, kept }: CaptureReceipt): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    for (const { variant, result } of kept) {
      const outage = this.#outage(waiting.endpoint, variant);
      if (result.ok) outage.worked();
      else outage.failed(result.reason, 1);
    }
    this.#waiting.delete(id);
    waiting.done();
  }

  /** Whatever it had is lost with it. */
  #lose(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const [id, { endpoint, done }] of [...this.#waiting]) {
      this.#waiting.delete(id);
      for (const variant of Object.keys(this.#options.folders[endpoint]) as CaptureVariant[]) {
        this.#outage(endpoint, variant).failed(reason, 1);
      }
      done();
    }
  }

  #outage(endpoint: Captured['endpoint'], variant: CaptureVariant): Outage {
    const name = variant === 'raw' ? (`${endpoint}_raw_capture` as const) : (`${endpoint}_capture` as const);
    const known = this.#outages.get(name) ?? new Outage(this.#options.journal, name);
    this.#outages.set(name, known);
    return known;
  }
}
