/**
 * Frames as bytes: a length, an address, then msgpack. The address is outside of the pack, so that the parent passes on what is
 * not for it without looking inside. Invariant: however the pipe cuts the bytes, the same frames come out; what is no frame
 * ends the reading with a reason.
 */

import { Packr } from 'msgpackr';
import type { Frame, LinkFault } from '../actors/link.ts';

export class LinkError extends Error {
  readonly fault: LinkFault;

  constructor(fault: LinkFault, message: string = fault) {
    super(message);
    this.fault = fault;
  }
}

/** Whom a frame is for, or from: a node in one of its lives. */
export interface Place {
  readonly node: number;
  /** Counts the lives of the node, so that nothing is delivered to a later one. */
  readonly life: number;
}

/** The node that is none: the parent. */
export const parentPlace: Place = { node: 255, life: 0 };
export const nodesMax = 64;

export interface LinkLimits {
  readonly frameBytesMax: number;
  /** What waits for the pipe: from here on `send` says false. */
  readonly waitingBytes: number;
  /** So much is never left waiting by those who heed that: the other end does not read, and the link closes. */
  readonly waitingBytesMax: number;
}

export const linkLimits: LinkLimits = {
  frameBytesMax: 4_194_304,
  waitingBytes: 262_144,
  waitingBytesMax: 67_108_864,
};

const headBytes = 8;
const scratchBytes = 8_192;
const scratchBytesMax = 1_048_576;

/** Plain maps instead of msgpackr's records: a record would be known to the pipe that defined it only. */
const packr = new Packr({ useRecords: false });

const head = (place: Place, bytes: number): Buffer => {
  const buffer = Buffer.allocUnsafe(headBytes + bytes);
  buffer.writeUInt32BE(bytes, 0);
  buffer.writeUInt8(place.node, 4);
  buffer.writeUIntBE(place.life & 0xff_ff_ff, 5, 3);
  return buffer;
};

/** Throws a `LinkError` when it is too large, or holds what msgpack cannot say. */
export const encodeFrame = (place: Place, frame: Frame, bytesMax: number): Buffer => {
  const body = packr.pack(frame);
  // It packs into a buffer of its own, which it keeps as large as it once was.
  if (body.buffer.byteLength > scratchBytesMax) packr.useBuffer(Buffer.allocUnsafeSlow(scratchBytes));
  if (body.length > bytesMax) throw new LinkError('refused', `a frame of ${body.length} bytes`);
  const bytes = head(place, body.length);
  body.copy(bytes, headBytes);
  return bytes;
};

/** The same body under another address. */
export const addressed = (place: Place, body: Uint8Array): Buffer => {
  const bytes = head(place, body.length);
  bytes.set(body, headBytes);
  return bytes;
};

/** Null: it is no frame. */
export const decodeFrame = (body: Uint8Array): Frame | null => {
  try {
    const value: unknown = packr.unpack(body);
    if (!Array.isArray(value) || value.length !== 6) return null;
    const [version, kind, response, epoch, seq] = value as readonly unknown[];
    const named = typeof kind === 'string' && typeof response === 'string';
    return version === 1 && named && Number.isSafeInteger(epoch) && Number.isSafeInteger(seq)
      ? (value as unknown as Frame)
      : null;
  } catch {
    return null;
  }
};

/** Puts chunks together again. */
export class FrameReader {
  readonly #bytesMax: number;
  readonly #hear: (place: Place, body: Uint8Array) => void;
  #chunks: Uint8Array[] = [];
  #held = 0;
  #wanted = headBytes;

  /** `body` is a view of what was pushed, good until `hear` returns. */
  constructor(bytesMax: number, hear: (place: Place, body: Uint8Array) => void) {
    this.#bytesMax = bytesMax;
    this.#hear = hear;
  }

  /** Ended here, the pipe breaks off in the middle of a frame. */
  get torn(): boolean {
    return this.#held > 0;
  }

  /** What is wrong with the bytes; null: nothing. Not to be called again after a fault. */
  push(chunk: Uint8Array): string | null {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    // Chunks of a large frame are put together once, when it is complete, not with each chunk.
    if (this.#held < this.#wanted) return null;
    const bytes =
      this.#chunks.length === 1
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
        : Buffer.concat(this.#chunks, this.#held);
    let at = 0;
    this.#wanted = headBytes;
    while (bytes.length - at >= headBytes) {
      const length = bytes.readUInt32BE(at);
      if (length > this.#bytesMax) return `a frame of ${length} bytes`;
      this.#wanted = headBytes + length;
      if (bytes.length - at < this.#wanted) break;
      const start = at + headBytes;
      const place = { node: bytes.readUInt8(at + 4), life: bytes.readUIntBE(at + 5, 3) };
      at = start + length;
      this.#wanted = headBytes;
      this.#hear(place, bytes.subarray(start, at));
    }
    this.#held = bytes.length - at;
    this.#chunks = this.#held === 0 ? [] : [bytes.subarray(at)];
    return null;
  }
}
