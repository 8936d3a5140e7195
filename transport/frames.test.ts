import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../actors/link.ts';
import { addressed, decodeFrame, encodeFrame, FrameReader, LinkError, type Place, parentPlace } from './frames.ts';

const bytesMax = 65_536;

const payload = fc.oneof(
  // That key is another one when msgpackr has read it.
  fc
    .json()
    .filter((json) => !json.includes('__proto__'))
    .map((json): unknown => JSON.parse(json)),
  fc.uint8Array({ maxLength: 3_000 }).map((bytes): unknown => Buffer.from(bytes)),
);
const aFrame: fc.Arbitrary<Frame> = fc
  .tuple(fc.string(), fc.string(), fc.nat(), fc.maxSafeNat(), payload)
  .map(([kind, response, epoch, seq, value]) => [1, kind, response, epoch, seq, value] as const);
const aPlace: fc.Arbitrary<Place> = fc.record({ node: fc.nat(255), life: fc.nat(0xff_ff_ff) });
const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 });

const pieces = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const found: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    found.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return found;
};

const reading = () => {
  const heard: (readonly [Place, Frame | null])[] = [];
  return { heard, reader: new FrameReader(bytesMax, (place, body) => heard.push([place, decodeFrame(body)])) };
};

describe('frames', () => {
  test('come out as they went in, however the bytes are cut', () => {
    const said = fc.array(fc.tuple(aPlace, aFrame), { maxLength: 20 });
    fc.assert(
      fc.property(said, cuts, (all, sizes) => {
        const { heard, reader } = reading();
        const bytes = Buffer.concat(all.map(([place, frame]) => encodeFrame(place, frame, bytesMax)));
        for (const piece of pieces(bytes, sizes)) expect(reader.push(piece)).toBe(null);
        expect(heard).toEqual(all);
        expect(reader.torn).toBe(false);
      }),
    );
  });

  test('are passed on under another address without a change', () => {
    fc.assert(
      fc.property(aPlace, aPlace, aFrame, (from, to, frame) => {
        const passed: Buffer[] = [];
        new FrameReader(bytesMax, (_, body) => passed.push(addressed(from, body))).push(
          encodeFrame(to, frame, bytesMax),
        );
        expect(passed).toEqual([encodeFrame(from, frame, bytesMax)]);
      }),
    );
  });

  test('whatever comes instead is a fault, or no frame, and never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), cuts, (noise, sizes) => {
        const { heard, reader } = reading();
        for (const piece of pieces(Buffer.from(noise), sizes)) if (reader.push(piece) !== null) return;
        for (const [, frame] of heard) expect(frame === null || frame.length === 6).toBe(true);
      }),
    );
  });

  test('of more than the limit are refused to the sender, and are a fault for the receiver', () => {
    const large: Frame = [1, 'large', '', 0, 0, Buffer.alloc(bytesMax)];
    expect(() => encodeFrame(parentPlace, large, bytesMax)).toThrow(LinkError);
    const { reader } = reading();
    expect(reader.push(encodeFrame(parentPlace, large, bytesMax * 2).subarray(0, 8))).toContain('a frame of ');
  });

  test('that break off leave the reader torn', () => {
    const { reader } = reading();
    reader.push(encodeFrame(parentPlace, [1, 'a', '', 0, 0, null], bytesMax).subarray(0, 9));
    expect(reader.torn).toBe(true);
  });

  test.each([
    ['another version', [2, 'a', '', 0, 0, null]],
    ['too few fields', [1, 'a', '', 0, 0]],
    ['no kind', [1, null, '', 0, 0, null]],
    ['a broken number', [1, 'a', '', 0, 0.5, null]],
    ['no list', { kind: 'a' }],
  ])('with %s is none', (_, value) => {
    const bytes = encodeFrame(parentPlace, value as unknown as Frame, bytesMax);
    expect(decodeFrame(bytes.subarray(8))).toBe(null);
  });
});
