/**
 * Logs and input items as bytes, for memory, disk and network, in msgpack. Invariant: what is unpacked equals what was packed,
 * on every machine; bytes that are none of ours give null.
 */

import { endianness } from 'node:os';
import { Packr } from 'msgpackr';
import type { LogRecord } from '../actors/log-record.ts';
import type { Json } from '../actors/turn.ts';

/** Plain maps instead of msgpackr's records: readable by any msgpack library. */
const packr = new Packr({ useRecords: false });

const logVersion = 1;
const itemsVersion = 1;

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

const scratchBytes = 8_192;
const scratchBytesMax = 1_048_576;

/** A copy: what msgpackr returns is a view of a larger buffer, which would be kept with it, and which it keeps itself. */
const pack = (version: number, value: unknown): Uint8Array => {
  const packed = packr.pack([version, value]);
  const copy = Uint8Array.from(packed);
  if (packed.buffer.byteLength > scratchBytesMax) packr.useBuffer(Buffer.allocUnsafeSlow(scratchBytes));
  return copy;
};

export const packLog = (record: LogRecord): Uint8Array => {
  const packed: Packed = {
    ...record,
    steps: bytesOf(record.steps),
    ends: bytesOf(record.ends),
    text: Buffer.from(record.text.buffer, record.text.byteOffset, record.text.length),
  };
  return pack(logVersion, packed);
};

export const packItems = (items: readonly Json[]): Uint8Array => pack(itemsVersion, items);

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

/** Null: not ours. */
const unpack = (version: number, bytes: Uint8Array): unknown => {
  try {
    const value: unknown = packr.unpack(bytes);
    return Array.isArray(value) && value.length === 2 && value[0] === version ? value[1] : null;
  } catch {
    return null;
  }
};

export const unpackLog = (bytes: Uint8Array): LogRecord | null => {
  const packed = unpack(logVersion, bytes);
  if (!isPacked(packed)) return null;
  return {
    ...packed,
    steps: columnOf(packed.steps),
    ends: columnOf(packed.ends),
    text: Uint8Array.from(packed.text),
  };
};

export const unpackItems = (bytes: Uint8Array): readonly Json[] | null => {
  const items = unpack(itemsVersion, bytes);
  return Array.isArray(items) ? items : null;
};
