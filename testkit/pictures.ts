/** Pictures made in code, for tests: files of any size that decoders accept, with pixels that do not compress unless asked. */

import { crc32, deflateSync } from 'node:zlib';

export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** Pixels that look like chance, the same ones each time; otherwise one colour. */
  readonly noise?: boolean;
}

export const dataUrl = (bytes: Buffer, type = 'image/png'): string => `data:${type};base64,${bytes.toString('base64')}`;

function* chance(): Generator<number, never> {
  for (let state = 1; ; state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) yield state >>> 24;
}

function chunk(kind: string, data: Buffer): Buffer {
  const whole = Buffer.alloc(12 + data.length);
  whole.writeUInt32BE(data.length, 0);
  whole.write(kind, 4, 'latin1');
  data.copy(whole, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, 8 + data.length)), 8 + data.length);
  return whole;
}

/** RGB, 8 bits a channel. */
export function png({ width, height, noise = false }: Drawing): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const stride = 1 + width * 3;
  const rows = Buffer.alloc(stride * height, 0x80);
  const numbers = chance();
  if (noise) rows.forEach((_, at) => (rows[at] = numbers.next().value));
  for (let row = 0; row < height; row += 1) rows[row * stride] = 0;
  const data = deflateSync(rows, { level: 1 });
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const segment = (marker: number, data: readonly number[]): Buffer =>
  Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 0xff, ...data]);
const word = (value: number): readonly number[] => [value >> 8, value & 0xff];

/** Grey, baseline; each block of 8 × 8 pixels has one shade, next to that of the block before, and takes four bits. */
export function jpeg({ width, height, noise = false }: Drawing): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  // A block: `10` (a difference of one bit), its sign, `0` (no more coefficients). No byte is ever 0xFF.
  const scan = Buffer.alloc(Math.ceil(blocks / 2), 0xa8);
  const numbers = chance();
  if (noise) scan.forEach((_, at) => (scan[at] = 0x88 | (numbers.next().value & 0x22)));
  const tables = [
    segment(0xdb, [0, ...Array.from({ length: 64 }, () => 16)]),
    segment(0xc0, [8, ...word(height), ...word(width), 1, 1, 0x11, 0]),
    segment(0xc4, [0x00, 1, 1, ...Array.from({ length: 14 }, () => 0), 0, 1]),
    segment(0xc4, [0x10, 1, ...Array.from({ length: 15 }, () => 0), 0]),
    segment(0xda, [1, 1, 0, 0, 63, 0]),
  ];
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...tables, scan, Buffer.from([0xff, 0xd9])]);
}

/** As large as its header says, and without the pixels for it. */
export function claimedJpeg(width: number, height: number): Buffer {
  const file = jpeg({ width: 8, height: 8 });
  file.writeUInt16BE(height, 76);
  file.writeUInt16BE(width, 78);
  return file;
}

/** One grey pixel. */
export const gif = Buffer.from('R0lGODlhAQABAIAAAICAgP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');
export const webp = Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64');
