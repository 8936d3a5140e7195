/**
 * Logs and input items as bytes, for memory and network: an array of msgpack with a version, what is long as bytes and the rest as texts
 * of JSON, which the engine writes and reads itself. Invariant: what is unpacked equals what was packed, on every machine; bytes that
 * are none of ours give null.
 */

import { endianness } from 'node:os';
import { Unpackr } from 'msgpackr';
import type { Echo, Head } from '../actors/head.ts';
import type { LogRecord } from '../actors/log-record.ts';
import type { Json } from '../actors/turn.ts';

const unpackr = new Unpackr({ useRecords: false });

const logVersion = 2;
const itemsVersion = 2;

/** Of msgpack: an array of few members, a text and bytes whose lengths have four bytes. */
const arrayMark = 0x90;
const textMark = 0xdb;
const bytesMark = 0xc6;
const headBytes = 5;

const pack = (version: number, members: readonly (string | Uint8Array)[]): Uint8Array => {
  let length = 2;
  for (const member of members)
    length += headBytes + (typeof member === 'string' ? Buffer.byteLength(member) : member.length);
  // Bytes of its own: a piece of a shared pool would hold all of that.
  const packed = Buffer.allocUnsafeSlow(length);
  packed[0] = arrayMark + 1 + members.length;
  packed[1] = version;
  let at = 2;
  for (const member of members) {
    const isText = typeof member === 'string';
    const start = at + headBytes;
    if (!isText) packed.set(member, start);
    const count = isText ? packed.write(member, start, 'utf8') : member.length;
    packed[at] = isText ? textMark : bytesMark;
    packed.writeUInt32BE(count, at + 1);
    at = start + count;
  }
  return packed;
};

/** Columns are stored with the low byte first. */
const bytesOf = (column: Uint32Array): Uint8Array => {
  const bytes = Buffer.from(column.buffer, column.byteOffset, column.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
};

const columnOf = (bytes: Uint8Array): Uint32Array => {
  // A copy: the unpacked view need not begin at a multiple of four.
  const copy = Buffer.from(Uint8Array.from(bytes).buffer);
  if (endianness() !== 'LE') copy.swap32();
  return new Uint32Array(copy.buffer, copy.byteOffset, copy.length / 4);
};

/** Every member the very same value. */
const isSame = (one: Echo, other: Echo): boolean => {
  if (one === other) return true;
  if (Object.keys(one).length !== Object.keys(other).length) return false;
  for (const name of Object.keys(one) as (keyof Echo)[]) if (one[name] !== other[name]) return false;
  return true;
};

/** Only of a short one: it stays in memory. */
const keptChars = 4_096;
let latest: { readonly echo: Echo; readonly text: string } | null = null;

/** Most requests are like the one before in all that is echoed of them. */
const echoText = (echo: Echo): string => {
  if (latest !== null && isSame(latest.echo, echo)) return latest.text;
  const text = JSON.stringify(echo);
  if (text.length <= keptChars) latest = { echo, text };
  return text;
};

/** All that is not long, so that a new field of the record needs no change here. */
type Rest = Omit<LogRecord, 'head' | 'steps' | 'ends' | 'text'> & { readonly head: Omit<Head, 'echo'> };

export const packLog = ({ head, steps, ends, text, ...others }: LogRecord): Uint8Array => {
  const { echo, ...rest } = head;
  const told: Rest = { head: rest, ...others };
  return pack(logVersion, [JSON.stringify(told), echoText(echo), bytesOf(steps), bytesOf(ends), text]);
};

export const packItems = (items: readonly Json[]): Uint8Array => pack(itemsVersion, [JSON.stringify(items)]);

/** The members behind the version. Null: not ours. */
const unpack = (version: number, bytes: Uint8Array): readonly unknown[] | null => {
  try {
    const value: unknown = unpackr.unpack(bytes);
    return Array.isArray(value) && value[0] === version ? value.slice(1) : null;
  } catch {
    return null;
  }
};

/** Undefined: no text, or not of JSON. */
const parsed = (text: unknown): unknown => {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isRest = (value: unknown): value is Rest => {
  if (!isObject(value)) return false;
  const { head, items, parts } = value as { readonly [name in keyof Rest]?: unknown };
  return isObject(head) && Array.isArray(items) && Array.isArray(parts);
};

export const unpackLog = (bytes: Uint8Array): LogRecord | null => {
  const [rest, echo, steps, ends, text] = unpack(logVersion, bytes) ?? [];
  if (!(steps instanceof Uint8Array && ends instanceof Uint8Array && text instanceof Uint8Array)) return null;
  if (steps.length % 4 !== 0 || steps.length !== ends.length) return null;
  const [told, echoed] = [parsed(rest), parsed(echo)];
  if (!isRest(told) || !isObject(echoed)) return null;
  return {
    ...told,
    head: { ...told.head, echo: echoed as Echo },
    steps: columnOf(steps),
    ends: columnOf(ends),
    text: Uint8Array.from(text),
  };
};

export const unpackItems = (bytes: Uint8Array): readonly Json[] | null => {
  const items = parsed(unpack(itemsVersion, bytes)?.[0]);
  return Array.isArray(items) ? (items as Json[]) : null;
};
