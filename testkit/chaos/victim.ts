/** A running worker as the system sees it, with the name that the gateway's log gives it, and what can be done to it. */

import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, truncateSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import type { Gateway } from '../gateway.ts';
import { alive, type Pid } from '../process-table.ts';
import type { Taps } from './tap.ts';

export class Victim {
  /** As in the log: `slot=0 epoch=2`. */
  readonly name: string;
  readonly #pid: Pid;
  readonly #stateFolder: string;
  readonly #taps: Taps;

  constructor(pid: Pid, stateFolder: string, taps: Taps) {
    const [slot, epoch] = basename(stateFolder).split('-').slice(-2);
    this.name = `slot=${slot} epoch=${epoch}`;
    this.#pid = pid;
    this.#stateFolder = stateFolder;
    this.#taps = taps;
  }

  signal(name: NodeJS.Signals): void {
    if (alive(this.#pid)) process.kill(this.#pid.pid, name);
  }

  /** Lowers a limit, as in `nofile=1`, for what it does from now on. */
  limit(what: string): void {
    execFileSync('prlimit', ['--pid', String(this.#pid.pid), `--${what}:`]);
  }

  write(pipe: 'in' | 'out', bytes: string | Uint8Array): void {
    this.#taps.write(this.#pid.pid, pipe, bytes);
  }

  /** Its databases. */
  get #files(): readonly string[] {
    return readdirSync(this.#stateFolder).map((name) => join(this.#stateFolder, name));
  }

  truncateFiles(): void {
    for (const file of this.#files) truncateSync(file, 0);
  }

  /** Overwrites the beginning of each, where their formats have their heads. */
  scribble(bytes: Uint8Array): void {
    for (const path of this.#files) {
      const file = openSync(path, 'r+');
      writeSync(file, bytes, 0, bytes.length, 0);
      closeSync(file);
    }
  }
}

/** Those in service: they have shaken hands, and nothing is known of their end. */
export function victims(gateway: Gateway, taps: Taps): readonly Victim[] {
  const said = (event: string, { name }: Victim): boolean =>
    gateway.journal.some((line) => line.includes(` ${event} ${name} `));
  return gateway
    .workers()
    .flatMap((pid) => {
      const folder = taps.stateFolder(pid.pid);
      return folder === null ? [] : [new Victim(pid, folder, taps)];
    })
    .filter((victim) => said('worker_ready', victim) && !said('worker_exit', victim));
}
