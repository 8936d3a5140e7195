/**
 * What is to go wrong between the gateway and its real workers, step by step: a test leaves faults in a folder, and whichever
 * worker comes to the step first takes one. Invariant: a fault is taken once, by one worker.
 */

import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

export interface Fault {
  /** The request at which it happens. */
  readonly method: string;
  /**
   * The worker dies when it is asked (the CLI never hears of it), when the CLI has answered (the gateway never hears of that), or
   * when the answer has been passed on; it says nothing any more; or it answers that it is overloaded, so many times.
   */
  readonly at: 'asked' | 'answered' | 'passed' | 'silent' | 'refused';
  /** With `passed`: dies only behind this notification. */
  readonly heard?: string;
  /** With `refused`. */
  readonly times?: number;
}

/** Workers inherit what begins like this. */
export const folderVariable = 'FAKE_CODEX_RELAY';

/** Whoever has taken a fault adds its process id to the name. */
const isLeft = (name: string): boolean => !name.includes('.');

/** The fault that is left for this request, if any. */
export const take = (folder: string, method: string): Fault | null => {
  for (const name of readdirSync(folder).filter(isLeft)) {
    const path = join(folder, name);
    try {
      const fault = JSON.parse(readFileSync(path, 'utf8')) as Fault;
      if (fault.method !== method) continue;
      // Of two workers that have read it one can rename it.
      renameSync(path, `${path}.${process.pid}`);
      return fault;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return null;
};

export class Relay {
  readonly #folder = mkdtempSync(join(tmpdir(), 'codex-actors-relay-'));
  #faults = 0;

  get environment(): Readonly<Record<string, string>> {
    return { CODEX_BIN: join(import.meta.dirname, 'main.ts'), [folderVariable]: this.#folder };
  }

  /** For the next worker that comes there; as often as it is called, for so many workers. */
  leave(fault: Fault): void {
    this.#faults += 1;
    const path = join(this.#folder, String(this.#faults));
    // Whole or not at all: a worker may look for one at any moment, for whatever it is asked.
    writeFileSync(`${path}.new`, JSON.stringify(fault));
    renameSync(`${path}.new`, path);
  }

  /** Faults that nobody has taken. */
  get left(): number {
    return readdirSync(this.#folder).filter(isLeft).length;
  }

  /** Who took the last one that was left. */
  get taker(): number {
    const name = readdirSync(this.#folder).find((one) => one.startsWith(`${this.#faults}.`));
    if (name === undefined) throw new Error('nobody has taken the fault');
    return Number(name.slice(name.indexOf('.') + 1));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
