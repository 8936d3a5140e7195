/**
 * What `PROXY_SANITIZE_METADATA` has left out of answers, one line for each of them: how many lines, of which keys, never what they
 * said. Invariant: the file is within the folder that is meant for it.
 */

import { join, relative, resolve } from 'node:path';
import type { Journal, SanitizerSummary } from '../actors/seams.ts';
import type { LogFacts } from '../actors/log-events.ts';
import { UsageLog } from './usage-log.ts';

export interface SanitizerLogOptions {
  /** Absent: a name of its own within `baseDir`. */
  readonly path: string | undefined;
  readonly baseDir: string;
  readonly journal: Journal;
  readonly now: () => number;
  /** Absent: this process writes it itself. */
  readonly open?: (file: SanitizerFile) => { append(line: string): void; settled(): Promise<void> };
}

export interface SanitizerFile {
  readonly path: string;
  readonly name: 'sanitizer_log';
  readonly bytesMax: number;
  readonly keep: number;
}

const bytesMax = 8_388_608;

/** `isForeign`: what was asked for is elsewhere. */
export function sanitizerLogPath(path: string | undefined, baseDir: string): { path: string; isForeign: boolean } {
  const otherwise = join(resolve(baseDir), 'codex-sanitizer.ndjson');
  if (path === undefined) return { path: otherwise, isForeign: false };
  const within = relative(resolve(baseDir), resolve(baseDir, path));
  const isForeign = within === '' || within.startsWith('..') || resolve(within) === within;
  return { path: isForeign ? otherwise : resolve(baseDir, path), isForeign };
}

export class SanitizerLog {
  readonly #options: SanitizerLogOptions;
  readonly #file: Pick<UsageLog, 'append' | 'settled'>;

  constructor(options: SanitizerLogOptions) {
    this.#options = options;
    const { journal, baseDir } = options;
    const { path, isForeign } = sanitizerLogPath(options.path, baseDir);
    if (isForeign) journal.warn('sanitizer_log_elsewhere', { variable: 'SANITIZER_LOG_PATH', used: path });
    const open = options.open ?? ((file) => new UsageLog({ ...file, journal }));
    this.#file = open({ path, bytesMax, keep: 1, name: 'sanitizer_log' });
    this.#note('sanitizer_toggle', { enabled: true });
  }

  summary({ response, lines, keys, sources }: SanitizerSummary): void {
    this.#note('sanitizer_summary', { response_id: response, count: lines, keys: [...keys], sources: [...sources] });
  }

  settled(): Promise<void> {
    return this.#file.settled();
  }

  #note<Event extends 'sanitizer_toggle' | 'sanitizer_summary'>(event: Event, facts: LogFacts<Event>): void {
    const { journal, now } = this.#options;
    journal.info(event, facts);
    this.#file.append(JSON.stringify({ ts: new Date(now()).toISOString(), component: 'sanitizer', event, ...facts }));
  }
}
