/**
 * Logs and exchanges as bytes, for memory, disk and network, in msgpack. Invariant: what is unpacked equals what was packed,
 * on every machine; bytes that are none of ours give null.
 */

import { endianness } from 'node:os';
import { Packr } from 'msgpackr';
import type { LogRecord } from '../actors/log.ts';
import type { Exchange } from '../actors/store.ts';

/** Plain maps instead of msgpackr's records: readable by any msgpack library. */
const packr = new Packr({ useRecords: false });

const logVersion = 1;
const exchangeVersion = 1;

/** Columns are stored with the low byte first. */
const bytesOf = (column: Uint32Array): Buffer => {
  const bytes = Buffer.from(column.slice().buffer);
  return endianness() === 'LE' ? bytes : bytes.swap32();
};

const columnOf = (bytes: Uint8Array): Uint32Array => {
  // A copy: the unpacked view need not begin at a multiple of four.
  const copy = Buffer.from(Uint8Array.from(bytes).buffer);
  if (endianness() !== 'LE') copy.swap32();
  return new Uint32Array(copy.buffer, copy.byteOffset, copy.length / 4);
};

/** The typed arrays as bytes; everything else as it is, so that a new field of the record needs no change here. */
type Packed = Omit<LogRecord, 'steps' | 'ends'> & { readonly steps: Uint8Array; readonly ends: Uint8Array };

const packed = (record: LogRecord): Packed => ({
  ...record,
  steps: bytesOf(record.steps),
  ends: bytesOf(record.ends),
  text: Buffer.from(record.text.buffer, record.text.byteOffset, record.text.length),
});

const unpacked = (log: Packed): LogRecord => ({
  ...log,
  steps: columnOf(log.steps),
  ends: columnOf(log.ends),
  text: Uint8Array.from(log.text),
});

export const packLog = (record: LogRecord): Uint8Array => packr.pack([logVersion, packed(record)]);

/** A copy: what msgpackr returns is a view of a larger buffer, which would be kept with it. */
export const packExchange = ({ input, log }: Exchange): Uint8Array =>
  Uint8Array.from(packr.pack([exchangeVersion, input, packed(log)]));

const isPacked = (value: unknown): value is Packed => {
  if (typeof value !== 'object' || value === null) return false;
  const { head, items, parts, steps, ends, text } = value as { readonly [name in keyof Packed]?: unknown };
  return (
    typeof head === 'object' &&
    Array.isArray(items) &&
    Array.isArray(parts) &&
    steps instanceof Uint8Array &&
    ends instanceof Uint8Array &&
    text instanceof Uint8Array &&
    steps.length % 4 === 0 &&
    steps.length === ends.length
  );
};

/** The members after the version; null: not ours. */
const read = (bytes: Uint8Array, version: number): readonly unknown[] | null => {
  try {
    const value: unknown = packr.unpack(bytes);
    return Array.isArray(value) && value[0] === version ? value.slice(1) : null;
  } catch {
    return null;
  }
};

export const unpackLog = (bytes: Uint8Array): LogRecord | null => {
  const [log, ...more] = read(bytes, logVersion) ?? [];
  return isPacked(log) && more.length === 0 ? unpacked(log) : null;
};

export const unpackExchange = (bytes: Uint8Array): Exchange | null => {
  const [input, log, ...more] = read(bytes, exchangeVersion) ?? [];
  return Array.isArray(input) && isPacked(log) && more.length === 0 ? { input, log: unpacked(log) } : null;
};
