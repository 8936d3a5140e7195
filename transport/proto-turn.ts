/**
 * One turn as one process: it is given its line, read to its end, and made to end. Invariants: whatever becomes of it is an
 * event of the turn; nothing is held of what it wrote once a line was an event; it does not outlive its turn by more than
 * `terminateMs`.
 */

import type { Clock } from '../actors/seams.ts';
import type { Turn, TurnEvent } from '../actors/turn.ts';
import type { Binary } from './binary.ts';
import { isObject, isTooDeep } from './json.ts';
import { LineSplitter } from './lines.ts';
import type { PipedProcess, ProcessEvents, ProcessSpawner } from './process.ts';
import type { ProcessExit } from './process-end.ts';
import { ProtoReader, type ProtoReaderOptions } from './proto-events.ts';
import { type ProtoSettings, protoArguments, protoLine, protoRefusal } from './proto-input.ts';

export interface ProtoTurnOptions
  extends Pick<ProtoReaderOptions, 'payer' | 'mismatched' | 'unknownFinish' | 'unknown'> {
  readonly clock: Clock;
  readonly spawner: ProcessSpawner;
  readonly binary: Extract<Binary, { found: true }>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly settings: ProtoSettings;
  readonly lineBytesMax: number;
  readonly malformed: () => void;
  /** Each line of its process; `text` is made only for those who want it. */
  readonly line: (direction: 'in' | 'out', text: () => string) => void;
  readonly stderr: (chunk: Buffer) => void;
  readonly emit: (event: TurnEvent) => void;
  /** One thing that happened outside is over: what it made us tell is complete. */
  readonly happened: () => void;
  /** The process is gone, and the turn with it; null: as it was told to. */
  readonly gone: (exit: ProcessExit | null) => void;
}

/** Between the request to end and the kill: less than its slot waits for it. */
const terminateMs = 1_000;
/** Of its stderr, enough to see that it does not know the command. */
const stderrBytesMax = 8_192;

/** Clap's words, and those of newer CLIs, which take `proto` for a prompt and look for a terminal. */
const unsupported = /unrecognized subcommand|unexpected argument|unknown (?:sub)?command|stdin is not a terminal/iu;

export class ProtoTurn {
  readonly #options: ProtoTurnOptions;
  readonly #lines: LineSplitter;
  readonly #reader: ProtoReader;
  readonly #process: PipedProcess;
  /** Until it is written. */
  #line: string;
  /** What it wrote as long as no line was an event; null: no longer of interest. */
  #words: Buffer[] | null = [];
  #wordBytes = 0;
  #stderr = '';
  #spawned = false;
  #stopping = false;
  #cancelKill: (() => void) | null = null;

  constructor(turn: Turn, options: ProtoTurnOptions) {
    const { lineBytesMax, binary, settings, cwd, env } = options;
    this.#options = options;
    this.#line = protoLine(turn);
    this.#lines = new LineSplitter({ lineBytesMax });
    this.#reader = new ProtoReader({
      ...options,
      choice: turn.choice ?? 0,
      asked: (type, id) => {
        const answer = protoRefusal(type, id);
        if (answer !== null) this.#write(answer);
      },
    });
    const args = [...binary.args, ...protoArguments(turn, settings)];
    this.#process = options.spawner({ command: binary.command, args, cwd, env }, this.#events());
  }

  /** The slot is wanted back: `turn.closed` follows when the process is gone. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#process.end();
    this.#process.kill('SIGTERM');
    this.#cancelKill = this.#options.clock.schedule(terminateMs, () => this.#process.kill());
  }

  kill(): void {
    this.#process.kill();
  }

  #events(): ProcessEvents {
    const { happened, stderr } = this.#options;
    return {
      spawned: () => {
        this.#begin();
        happened();
      },
      stdout: (chunk) => {
        this.#hear(chunk);
        happened();
      },
      stderr: (chunk) => {
        if (this.#stderr.length < stderrBytesMax) this.#stderr += chunk.toString('latin1', 0, stderrBytesMax);
        stderr(chunk);
      },
      drained: () => {},
      exited: (exit) => {
        this.#exit(exit);
        happened();
      },
    };
  }

  #begin(): void {
    this.#spawned = true;
    if (this.#stopping) return;
    this.#write(this.#line);
    this.#line = '';
    this.#emit([{ type: 'turn.accepted' }]);
  }

  #write(text: string): void {
    this.#options.line('out', () => text);
    this.#process.write(text);
  }

  #hear(chunk: Buffer): void {
    if (this.#stopping) return;
    const { lineBytesMax } = this.#options;
    if (this.#words !== null) {
      this.#words.push(chunk);
      this.#wordBytes += chunk.length;
    }
    this.#read(this.#lines.push(chunk));
    if (this.#reader.heard) this.#words = null;
    const heldMax = Math.max(this.#reader.heldChars, this.#words === null ? 0 : this.#wordBytes);
    // Too much of what nobody understands, or of a call that is not told yet, is as bad as a line that does not end.
    if (this.#lines.overflowed || heldMax > lineBytesMax) this.kill();
  }

  #read(lines: readonly string[]): void {
    for (const line of lines) {
      this.#options.line('in', () => line);
      const value = parsed(line);
      if (isObject(value) && !isTooDeep(value)) this.#emit(this.#reader.read(value));
      else if (this.#reader.heard) this.#options.malformed();
    }
  }

  #exit(exit: ProcessExit): void {
    this.#cancelKill?.();
    if (!this.#stopping) {
      // The last line may lack its end.
      this.#read(this.#lines.push(Buffer.from('\n')));
      if (this.#spawned) this.#emit(this.#last(exit));
      else this.#emit([{ type: 'turn.refused', failure: { code: 'worker_not_ready' } }]);
    }
    this.#options.gone(this.#stopping ? null : exit);
    if (this.#stopping) this.#options.emit({ type: 'turn.closed' });
  }

  #last({ code, reason }: ProcessExit): readonly TurnEvent[] {
    const text = Buffer.concat(this.#words ?? []).toString('utf8');
    return this.#reader.exited({
      well: !this.#lines.overflowed && (code === 0 || reason.startsWith('its output ended')),
      text,
      isUnsupported: text.trim() === '' && unsupported.test(this.#stderr),
    });
  }

  #emit(events: readonly TurnEvent[]): void {
    if (this.#stopping) return;
    for (const event of events) this.#options.emit(event);
  }
}

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};
