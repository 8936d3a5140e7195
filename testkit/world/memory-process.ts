/**
 * A worker process that lives in memory: the fake app-server behind two pipes, with the ways in which a process can go
 * wrong. Invariants are those of `transport/process.ts`: nothing is told from within the spawn, `exited` is the last word and
 * comes once, after all output; a process whose output or input has ended is killed a moment later.
 */

import type { Clock } from '../../actors/seams.ts';
import type { PipedProcess, ProcessEvents } from '../../transport/process.ts';
import type { ProcessExit } from '../../transport/process-end.ts';
import { type AppServer, type AppServerOptions, createAppServer } from '../app-server/core.ts';
import { createRandom, type Random } from '../app-server/random.ts';
import { type Pace, Pipe } from './pipe.ts';
import { ProcessClock } from './process-clock.ts';

/** What is decided about a process before it starts. */
export interface ProcessPlan {
  /** `missing`: there is no such program; `fails`: the system cannot start it. */
  readonly spawn?: 'missing' | 'fails';
  readonly server?: Partial<Omit<AppServerOptions, 'clock' | 'sink'>>;
  readonly stdout?: Partial<Pace>;
  readonly stdin?: Partial<Pace>;
  /** Bytes of input that wait to be read; with more the pipe is full. */
  readonly stdinBytesMax?: number;
  /** From the signal to the death. */
  readonly killMs?: number;
  /** Its own requests carry the id that the next request to it will have. */
  readonly sameIds?: boolean;
}

/** Sees each whole line that goes in or comes out, when it is written. */
export interface LineWatch {
  readonly said?: (line: string, process: MemoryProcess) => void;
  readonly told?: (line: string, process: MemoryProcess) => void;
}

/** What a process holds in its memory. */
export interface Census {
  readonly threads: number;
  readonly turns: number;
}

const readCensus = (line: string): Census => {
  const { result } = JSON.parse(line) as { result: { gauges: readonly { name: string; value: number }[] } };
  const gauge = (name: string): number => result.gauges.find((entry) => entry.name === name)?.value ?? 0;
  return { threads: gauge('core.threads.live'), turns: gauge('core.turns.active') };
};

export interface MemoryProcessOptions {
  readonly pid: number;
  readonly slot: number;
  readonly epoch: number;
  readonly seed: number;
  readonly clock: Clock;
  readonly events: ProcessEvents;
  readonly plan: ProcessPlan;
  readonly watch: LineWatch;
}

const defaultPace: Pace = { delayMs: 2, splitChance: 0.2 };
/** Between the end of a pipe and the kill, as in production. */
const endOfPipeMs = 250;

export class MemoryProcess implements PipedProcess {
  readonly pid: number;
  readonly slot: number;
  readonly epoch: number;
  exit: (ProcessExit & { readonly at: number }) | null = null;
  frozenAt: number | null = null;
  /** Since when something is wrong with it that may cost its responses their answers. */
  disturbedAt: number | null = null;
  /** The gateway ended it, though nothing was wrong with it. */
  dismissedAt: number | null = null;
  readonly #clock: Clock;
  readonly #time: ProcessClock;
  readonly #events: ProcessEvents;
  readonly #random: Random;
  readonly #stdout: Pipe;
  readonly #stdin: Pipe;
  readonly #server: AppServer;
  readonly #watch: LineWatch;
  readonly #stdinBytesMax: number;
  readonly #killMs: number | undefined;
  readonly #sameIds: boolean;
  /** Of the last request that it has read. */
  #lastId = 0;
  #counted: Census | null = null;
  #stdinBytes = 0;
  #stdinFull = false;
  #rest = '';
  #cause: string | null = null;
  #dying = false;
  #muted = false;

  constructor(options: MemoryProcessOptions) {
    const { clock, plan, events, seed } = options;
    this.pid = options.pid;
    this.slot = options.slot;
    this.epoch = options.epoch;
    this.#clock = clock;
    this.#time = new ProcessClock(clock);
    this.#events = events;
    this.#watch = options.watch;
    this.#random = createRandom(seed);
    this.#stdinBytesMax = plan.stdinBytesMax ?? 1_048_576;
    this.#killMs = plan.killMs;
    this.#sameIds = plan.sameIds === true;
    const shared = { clock, random: this.#random };
    const stdout = { ...defaultPace, ...plan.stdout };
    this.#stdout = new Pipe({ ...shared, pace: stdout, arrived: (chunk) => events.stdout(chunk) });
    const stdin = { ...defaultPace, ...plan.stdin };
    this.#stdin = new Pipe({ ...shared, pace: stdin, arrived: (chunk) => this.#read(chunk) });
    this.#server = createAppServer({
      seed,
      pid: this.pid,
      ...plan.server,
      clock: this.#time,
      sink: {
        emit: (line) => this.#say(line),
        bytes: (bytes) => this.#put(bytes),
        exit: (code, signal) => this.die(code, signal),
        closeStdout: () => this.closeStdout(),
        note: (text) => events.stderr(Buffer.from(`${text}\n`)),
      },
    });
    clock.schedule(0, () => {
      if (this.exit === null) events.spawned();
    });
  }

  get alive(): boolean {
    return !this.#dying;
  }

  write(text: string): boolean {
    if (this.#dying) return true;
    this.#stdinBytes += Buffer.byteLength(text);
    this.#stdin.write(text);
    this.#stdinFull = this.#stdinBytes > this.#stdinBytesMax;
    return !this.#stdinFull;
  }

  get frozen(): boolean {
    return this.frozenAt !== null;
  }

  get disturbed(): boolean {
    return this.disturbedAt !== null;
  }

  disturb(): void {
    this.disturbedAt ??= this.#clock.now();
  }

  end(): void {
    this.#dismiss();
    this.#stdin.close(() => this.#server.end());
  }

  kill(): void {
    this.#dismiss();
    this.#clock.schedule(this.#killMs ?? this.#random.below(3), () => this.die(null, 'SIGKILL'));
  }

  /** Ends now; `torn`: in the middle of what it was writing. Output that is in the pipe still arrives. */
  die(code: number | null, signal: string | null, torn = false): void {
    if (this.#dying) return;
    this.#dying = true;
    this.disturb();
    this.#time.die();
    this.#stdin.hold();
    if (torn) this.#stdout.tear();
    const described = signal === null ? `exit code ${code}` : `killed by ${signal}`;
    const reason = this.#cause === null ? described : `${this.#cause}, ${described}`;
    this.#stdout.close(() => {
      this.exit = { code, signal, reason, at: this.#clock.now() };
      this.#events.exited({ code, signal, reason });
    });
    this.#stdout.letGo();
  }

  /** As by SIGSTOP: input is taken by the pipe, nothing is read, nothing is written. */
  freeze(): void {
    if (this.#dying) return;
    this.frozenAt ??= this.#clock.now();
    this.disturb();
    this.#time.freeze();
    this.#stdout.hold();
    this.#stdin.hold();
  }

  thaw(): void {
    if (!this.frozen || this.#dying) return;
    this.frozenAt = null;
    this.#stdout.letGo();
    this.#stdin.letGo();
    this.#time.thaw();
  }

  /** It goes on talking, but does not read its input any more, until `listen`. */
  deafen(): void {
    this.disturb();
    this.#stdin.hold();
  }

  listen(): void {
    if (!this.#dying && !this.frozen) this.#stdin.letGo();
  }

  /** The output ends while the process lives. */
  closeStdout(): void {
    this.disturb();
    this.#muted = true;
    this.#perish('its output ended');
  }

  /** The process reads no more: a write to it fails. */
  closeStdin(): void {
    this.deafen();
    this.#perish('its input was closed');
  }

  /** Has the process count what it holds; `census` tells the result, which may take a few milliseconds. */
  count(): void {
    this.#counted = null;
    this.#server.receive('{"method":"server/diagnostics","id":"census","params":{}}');
  }

  get census(): Census | null {
    return this.#counted;
  }

  #dismiss(): void {
    if (!this.disturbed) this.dismissedAt ??= this.#clock.now();
  }

  #perish(cause: string): void {
    this.#cause ??= cause;
    this.#clock.schedule(endOfPipeMs, () => this.die(null, 'SIGKILL'));
  }

  #say(said: string): void {
    const line = this.#sameIds ? said.replace(/^(\{"method":"[^"]+","id":)\d+/, `$1${this.#lastId + 1}`) : said;
    if (line.startsWith('{"id":"census"')) {
      this.#counted = readCensus(line);
      return;
    }
    if (this.#dying || this.#muted) return;
    this.#watch.said?.(line, this);
    this.#put(`${line}\n`);
  }

  #put(bytes: string | Uint8Array): void {
    if (!this.#dying && !this.#muted) this.#stdout.write(bytes);
  }

  #read(chunk: Buffer): void {
    this.#stdinBytes -= chunk.length;
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const raw of lines) {
      const line = Buffer.from(raw, 'latin1').toString('utf8');
      this.#watch.told?.(line, this);
      if (this.#sameIds) this.#lastId = Number(/^\{"method":"[^"]+","id":(\d+)/.exec(line)?.[1] ?? this.#lastId);
      if (!this.#dying) this.#server.receive(line);
    }
    if (!this.#stdinFull || this.#stdinBytes > 0 || this.#dying) return;
    this.#stdinFull = false;
    this.#events.drained();
  }
}
