/**
 * What the bytes themselves say of a picture: format, width, height, and whether the file is whole. Nothing is decoded. Each
 * format is read from segment to segment, so that hostile bytes cost no more than honest ones.
 */

import { crc32 } from 'node:zlib';

export interface PictureHead {
  readonly type: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';
  readonly width: number;
  readonly height: number;
}

interface Format {
  readonly type: PictureHead['type'];
  /** What such a file begins with; a dot is any byte. */
  readonly magic: RegExp;
  /** Null: broken, or cut off. */
  readonly size: (bytes: Buffer) => readonly [width: number, height: number] | null;
}

const formats: readonly Format[] = [
  { type: 'image/png', magic: /^\x89PNG\r\n\x1a\n/, size: pngSize },
  { type: 'image/jpeg', magic: /^\xff\xd8\xff/, size: jpegSize },
  { type: 'image/gif', magic: /^GIF8[79]a/, size: gifSize },
  { type: 'image/webp', magic: /^RIFF[^]{4}WEBP/, size: webpSize },
];

/** `unknown`: none of the formats above. */
export function readPicture(bytes: Buffer): PictureHead | 'unknown' | 'broken' {
  const start = bytes.toString('latin1', 0, 16);
  const format = formats.find(({ magic }) => magic.test(start));
  if (format === undefined) return 'unknown';
  const [width, height] = format.size(bytes) ?? [0, 0];
  return width > 0 && height > 0 ? { type: format.type, width, height } : 'broken';
}

/** A header, at least one chunk of pixels, and the end; each of them unharmed. */
function pngSize(bytes: Buffer): readonly [number, number] | null {
  let hasPixels = false;
  let end = 8;
  while (end + 12 <= bytes.length) {
    const at = end;
    end += 12 + bytes.readUInt32BE(at);
    if (end > bytes.length) return null;
    const kind = bytes.toString('latin1', at + 4, at + 8);
    if ((kind === 'IHDR') !== (at === 8)) return null;
    // A decoder can do without the others.
    const isCritical = /^[A-Z]/.test(kind);
    if (isCritical && crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) return null;
    if (kind === 'IDAT') hasPixels = true;
    if (kind === 'IEND') return hasPixels ? [bytes.readUInt32BE(16), bytes.readUInt32BE(20)] : null;
  }
  return null;
}

/** All SOF markers: 0xC0 to 0xCF but for the tables DHT, JPG and DAC. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** A frame, a scan, and an end after it. */
function jpegSize(bytes: Buffer): readonly [number, number] | null {
  let size: readonly [number, number] | null = null;
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] ?? 0;
    const length = bytes.readUInt16BE(at + 2);
    if (marker === 0xff) at += 1;
    else if (marker === 0xda) return bytes.indexOf('\xff\xd9', at, 'latin1') < 0 ? null : size;
    else if (length < 2) return null;
    else {
      if (isFrame(marker)) size = [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)];
      at += 2 + length;
    }
  }
  return null;
}

/** A screen, and one picture that is whole. */
function gifSize(bytes: Buffer): readonly [number, number] | null {
  /** A table of colours is there when the first bit is set. */
  const colours = (flags: number): number => (flags < 0x80 ? 0 : 3 * 2 ** ((flags & 7) + 1));
  const afterBlocks = (start: number): number => {
    let at = start;
    while (bytes[at] !== undefined && bytes[at] !== 0) at += 1 + (bytes[at] ?? 0);
    return at + 1;
  };
  let at = 13 + colours(bytes[10] ?? 0);
  while (bytes[at] === 0x21) at = afterBlocks(at + 2);
  if (bytes[at] !== 0x2c) return null;
  const end = afterBlocks(at + 11 + colours(bytes[at + 9] ?? 0));
  return end > bytes.length ? null : [bytes.readUInt16LE(6), bytes.readUInt16LE(8)];
}

function webpSize(bytes: Buffer): readonly [number, number] | null {
  if (bytes.length < 30 || bytes.readUInt32LE(4) + 8 > bytes.length) return null;
  const kind = bytes.toString('latin1', 12, 16);
  if (kind === 'VP8X') return [bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1];
  if (kind === 'VP8 ') return [bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff];
  if (kind !== 'VP8L') return null;
  const bits = bytes.readUInt32LE(21);
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
}
