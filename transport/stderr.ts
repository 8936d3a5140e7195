/**
 * The human text of a worker, for the journal: cut, without colours, at most so many lines at once. It is never read for
 * state, but the last line says why a process did not start.
 */

import { stripVTControlCharacters } from 'node:util';
import type { Clock, Journal } from '../actors/seams.ts';
import type { JsonObject } from '../actors/turn.ts';
import { tellNoise } from './known-noise.ts';
import { LineSplitter } from './lines.ts';

const lineCharsMax = 500;
const lineBytesMax = 65_536;
const burstLines = 20;
const linesPerSecond = 1;

export class StderrJournal {
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #facts: JsonObject;
  readonly #unheard: RegExp | null;
  #credit = burstLines;
  #creditAt: number;
  #suppressed = 0;
  #errorLine: string | null = null;

  /** `unheard`: lines that are not for the journal. */
  constructor(clock: Clock, journal: Journal, facts: JsonObject, unheard: RegExp | null = null) {
    this.#unheard = unheard;
    this.#clock = clock;
    this.#journal = journal;
    this.#facts = facts;
    this.#creditAt = clock.now();
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
      skipping = isWithin && this.#unheard !== null;
      if (!isWithin) lines.push(chunk.subarray(rest));
    };
  }

  #hear(raw: string): void {
    const line = stripVTControlCharacters(raw).trimEnd().slice(0, lineCharsMax);
    if (line === '' || this.#unheard?.test(line) === true) return;
    if (/^error\b/iu.test(line)) this.#errorLine = line;
    if (!tellNoise(this.#journal, line, this.#facts)) this.#tell(line);
  }

  #tell(line: string): void {
    const now = this.#clock.now();
    this.#credit = Math.min(burstLines, this.#credit + ((now - this.#creditAt) / 1_000) * linesPerSecond);
    this.#creditAt = now;
    if (this.#credit < 1) {
      this.#suppressed += 1;
      return;
    }
    this.#credit -= 1;
    this.#journal.info('worker.stderr', { ...this.#facts, line, suppressed: this.#suppressed });
    this.#suppressed = 0;
  }
}
