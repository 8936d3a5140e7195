/** A few threads that share a list of tasks. Invariant: results come back in the order of the tasks, whoever did which. */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Task, TaskResult } from './hand.ts';

const threadsMax = 2;

const once = <T>(worker: Worker, task: Task): Promise<T> =>
  new Promise((resolve, reject) => {
    const failed = (error: unknown): void => reject(error instanceof Error ? error : new Error(String(error)));
    worker.once('error', failed);
    worker.once('message', (result: T) => {
      worker.off('error', failed);
      resolve(result);
    });
    worker.postMessage(task);
  });

export class Crew {
  readonly #workers = Array.from(
    { length: Math.min(threadsMax, availableParallelism()) },
    () => new Worker(new URL('./hand.ts', import.meta.url)),
  );

  /** `done` hears of each result as soon as it is there. */
  async share<T extends Task>(
    tasks: readonly T[],
    done: (result: TaskResult<T>, task: T) => void = () => {},
  ): Promise<TaskResult<T>[]> {
    const results: TaskResult<T>[] = [];
    let next = 0;
    const work = async (worker: Worker): Promise<void> => {
      for (let index = next; index < tasks.length; index = next) {
        next += 1;
        const task = tasks[index] as T;
        const result = await once<TaskResult<T>>(worker, task);
        results[index] = result;
        done(result, task);
      }
    };
    await Promise.all(this.#workers.map(work));
    return results;
  }

  /** Tells every thread. */
  async all(task: Task): Promise<void> {
    await Promise.all(this.#workers.map((worker) => once(worker, task)));
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
