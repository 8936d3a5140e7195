/**
 * The human text of a worker, for the journal: cut, without colours, at most so many lines at once. It is never read for
 * state, but the last line says why a process did not start. Invariant: once a worker may have heard a prompt, only the level of a
 * line and the place in the program are told of it, because the rest may quote what was asked or answered.
 */

import { stripVTControlCharacters } from 'node:util';
import type { Clock, Journal } from '../actors/seams.ts';
import type { LogFacts } from '../actors/log-events.ts';
import { tellNoise } from './known-noise.ts';
import { LineSplitter } from './lines.ts';

const lineCharsMax = 500;
const lineBytesMax = 65_536;
const burstLines = 20;
const linesPerSecond = 1;

/** Where in the program a line comes from: `2026-… ERROR codex_core::turn`, `thread 'main' panicked at core/src/turn.rs:1:2`. */
const places: readonly RegExp[] = [
  /^(?:\d{4}-[\dT:.-]+Z\s+)?(?:ERROR|WARN|INFO|DEBUG|TRACE)(?:\s+[\w:]+(?=:))?/u,
  /^thread '[\w -]{1,64}'(?: \(\d+\))? panicked at [\w./-]+:\d+:\d+/u,
];

const placeIn = (line: string): string | null =>
  places.map((place) => place.exec(line)?.[0]).find((found) => found !== undefined) ?? null;

type Place = Pick<LogFacts<'worker_stderr'>, 'slot' | 'epoch'>;

export interface StderrOptions {
  /** Lines that are not for the journal. */
  readonly unheard?: RegExp;
  /** It hears prompts from the beginning. */
  readonly guarded?: true;
  /** Prompts and answers may be shown. */
  readonly wordsInClear?: boolean;
}

export class StderrJournal {
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #facts: Place;
  readonly #options: StderrOptions;
  #guarded: boolean;
  #credit = burstLines;
  #creditAt: number;
  #suppressed = 0;
  #errorLine: string | null = null;

  constructor(clock: Clock, journal: Journal, facts: Place, options: StderrOptions = {}) {
    this.#options = options;
    this.#guarded = options.guarded === true;
    this.#clock = clock;
    this.#journal = journal;
    this.#facts = facts;
    this.#creditAt = clock.now();
  }

  /** It may hear prompts from now on. */
  guard(): void {
    this.#guarded = true;
  }

  /** The line that most likely says why the process ended. */
  get lastError(): string | null {
    return this.#errorLine;
  }

  /** What one process writes; several may share the limits of a journal, but no line. */
  source(): (chunk: Buffer) => void {
    let lines = new LineSplitter({ lineBytesMax });
    let skipping = false;
    return (chunk) => {
      const from = skipping ? chunk.indexOf('\n') + 1 : 0;
      if (skipping && from === 0) return;
      skipping = false;
      for (const line of lines.push(chunk.subarray(from))) this.#hear(line);
      if (!lines.overflowed) return;
      lines = new LineSplitter({ lineBytesMax });
      const rest = chunk.lastIndexOf('\n') + 1;
      const isWithin = rest === 0 || chunk.length - rest > lineBytesMax;
      // The rest of a line that is not for the journal looks like any other.
      skipping = isWithin && this.#options.unheard !== undefined;
      if (!isWithin) lines.push(chunk.subarray(rest));
    };
  }

  #hear(raw: string): void {
    const line = stripVTControlCharacters(raw).trimEnd().slice(0, lineCharsMax);
    if (line === '' || this.#options.unheard?.test(line) === true) return;
    const told = this.#guarded && this.#options.wordsInClear !== true ? placeIn(line) : line;
    if (/^error\b/iu.test(line)) this.#errorLine = told;
    if (!tellNoise(this.#journal, line, this.#facts)) this.#tell(line, told);
  }

  #tell(line: string, told: string | null): void {
    const now = this.#clock.now();
    this.#credit = Math.min(burstLines, this.#credit + ((now - this.#creditAt) / 1_000) * linesPerSecond);
    this.#creditAt = now;
    if (this.#credit < 1) {
      this.#suppressed += 1;
      return;
    }
    this.#credit -= 1;
    const hidden = told === line ? {} : { chars: line.length - (told?.length ?? 0) };
    this.#journal.info('worker_stderr', { ...this.#facts, line: told, ...hidden, suppressed: this.#suppressed });
    this.#suppressed = 0;
  }
}
