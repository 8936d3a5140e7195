import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gif, jpeg, png, webp } from '../../testkit/pictures.ts';
import { readPicture } from './picture-head.ts';

const side = fc.integer({ min: 1, max: 300 });
const files = {
  png: png({ width: 40, height: 30, noise: true }),
  jpeg: jpeg({ width: 400, height: 300, noise: true }),
  gif,
  webp,
};

describe('the head of a picture', () => {
  test('PNG and JPEG of any size', () => {
    fc.assert(
      fc.property(side, side, fc.boolean(), (width, height, noise) => {
        expect(readPicture(png({ width, height, noise }))).toEqual({ type: 'image/png', width, height });
        expect(readPicture(jpeg({ width, height, noise }))).toEqual({ type: 'image/jpeg', width, height });
      }),
      { numRuns: 30 },
    );
  });

  test('GIF and WebP', () => {
    expect(readPicture(gif)).toEqual({ type: 'image/gif', width: 1, height: 1 });
    expect(readPicture(webp)).toEqual({ type: 'image/webp', width: 1, height: 1 });
  });

  test('the other two kinds of WebP', () => {
    const extended = Buffer.from(`RIFF\x16\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\xff\x0f\0\xcf\x07\0`, 'latin1');
    expect(readPicture(extended)).toEqual({ type: 'image/webp', width: 4096, height: 2000 });
    const lossy = Buffer.from(`RIFF\x16\0\0\0WEBPVP8 \n\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01`, 'latin1');
    expect(readPicture(lossy)).toEqual({ type: 'image/webp', width: 640, height: 480 });
  });

  test('what comes before the frame of a JPEG is passed over, as are bytes after its end', () => {
    const file = files.jpeg;
    const thumbnail = jpeg({ width: 8, height: 8 });
    const note = Buffer.from([0xff, 0xe1, 0, thumbnail.length + 2]);
    const photo = Buffer.concat([file.subarray(0, 2), note, thumbnail, file.subarray(2), Buffer.alloc(100, 0xff)]);
    expect(readPicture(photo)).toEqual({ type: 'image/jpeg', width: 400, height: 300 });
  });

  test.each(Object.entries(files))('a %s that is cut off anywhere is not taken for a whole one', (_name, file) => {
    for (let length = 16; length < file.length - 1; length += 1) {
      expect(readPicture(file.subarray(0, length)), String(length)).toBe('broken');
    }
  });

  test('a PNG with a flipped bit in its pixels is broken', () => {
    const file = Buffer.from(files.png);
    file[60] = (file[60] ?? 0) ^ 1;
    expect(readPicture(file)).toBe('broken');
  });

  test('anything else is unknown', () => {
    for (const text of ['', '%PDF-1.7', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'BM', 'RIFF\0\0\0\0WAVEfmt ']) {
      expect(readPicture(Buffer.from(text, 'latin1'))).toBe('unknown');
    }
  });

  test('bytes that only begin like a picture throw nothing', () => {
    const starts = Object.values(files).map((file) => file.subarray(0, 12));
    const hostile = fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(hostile, ([start, rest]) => {
        const head = readPicture(Buffer.concat([start, rest]));
        expect(typeof head === 'string' || (head.width > 0 && head.height > 0)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('hostile bytes cost no more than a copy of them', () => {
    const markers = Buffer.alloc(20_000_000, 0xff);
    const tiny = Buffer.alloc(20_000_000);
    for (let at = 0; at < tiny.length; at += 4) tiny.set([0xff, 0xe0, 0, 2], at);
    const start = performance.now();
    for (const body of [markers, tiny])
      expect(readPicture(Buffer.concat([Buffer.from('\xff\xd8\xff', 'latin1'), body]))).toBe('broken');
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
