/**
 * The records of one request in files of lines, earlier files included. Invariants: a file is read line by line, and none is held; how
 * many records are kept has a bound; what is no JSON object is no record.
 */

import { createReadStream, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface TraceRecord {
  readonly source: string;
  /** Milliseconds since 1970; null: it does not say. */
  readonly at: number | null;
  readonly value: Readonly<Record<string, unknown>>;
}

export const recordsMax = 10_000;
const lineCharsMax = 8_388_608;

/** A file and those that it was before, oldest first. */
export function generationsOf(path: string): readonly string[] {
  const name = basename(path);
  const number = (entry: string): number => Number(entry.slice(name.length + 1));
  const entries = (() => {
    try {
      return readdirSync(dirname(path));
    } catch {
      return [];
    }
  })();
  const earlier = entries.filter(
    (entry) => entry.startsWith(`${name}.`) && /^\d{1,4}$/.test(entry.slice(name.length + 1)),
  );
  const all = earlier.sort((one, other) => number(other) - number(one)).map((entry) => join(dirname(path), entry));
  return entries.includes(name) ? [...all, path] : all;
}

const timeOf = (value: TraceRecord['value']): number | null => {
  for (const name of ['ts_ms', 'ts', 'timestamp', 'time']) {
    const time = value[name];
    if (typeof time === 'number' && Number.isFinite(time)) return time;
    const parsed = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    if (!Number.isNaN(parsed)) return parsed;
  }
  return null;
};

function recordIn(line: string, id: string, source: string): TraceRecord | null {
  // Most lines are about other requests: they are not parsed.
  if (line.length > lineCharsMax || !line.includes(id)) return null;
  try {
    const value = JSON.parse(line.slice(line.indexOf('{'))) as TraceRecord['value'];
    return value['req_id'] === id ? { source, at: timeOf(value), value } : null;
  } catch {
    return null;
  }
}

export async function readRecords(stream: Readable, id: string, source: string): Promise<readonly TraceRecord[]> {
  const found: TraceRecord[] = [];
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    const record = recordIn(line, id, source);
    if (record !== null) found.push(record);
    if (found.length >= recordsMax) break;
  }
  return found;
}

/** Rejects when one of them cannot be read. */
export async function recordsIn(path: string, id: string, source: string): Promise<readonly TraceRecord[]> {
  const found: TraceRecord[] = [];
  for (const file of generationsOf(path)) {
    const stream = createReadStream(file, 'utf8');
    found.push(...(await readRecords(stream, id, source)));
    stream.destroy();
  }
  return found.slice(0, recordsMax);
}

/** By time; what has none stays behind what came before it in its file. */
export function inOrder(records: readonly TraceRecord[]): readonly TraceRecord[] {
  let last = 0;
  const timed = records.map((record) => {
    last = record.at ?? last;
    return [last, record] as const;
  });
  return timed.sort(([one], [other]) => one - other).map(([, record]) => record);
}

const shown = (value: unknown): string =>
  typeof value === 'string' && /^[\w./:@+-]{1,200}$/.test(value) ? value : JSON.stringify(value);

const ahead: ReadonlySet<string> = new Set([
  'timestamp',
  'ts',
  'ts_ms',
  'req_id',
  'event',
  'phase',
  'kind',
  'level',
  'component',
]);
const valueCharsMax = 400;

/** `12:30:01.123Z  access_log  status=200 …`, for people. */
export function recordText({ source, at, value }: TraceRecord): string {
  const time = at === null ? '-' : new Date(at).toISOString().slice(11);
  const what =
    ['event', 'phase', 'kind'].map((name) => value[name]).find((name) => typeof name === 'string') ?? 'record';
  const facts = Object.entries(value)
    .filter(([name, fact]) => !ahead.has(name) && fact !== null)
    .map(([name, fact]) => `${name}=${shown(fact).slice(0, valueCharsMax)}`);
  return [time, source.padEnd(6), String(what), ...facts].join('  ');
}
