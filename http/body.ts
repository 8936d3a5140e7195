/**
 * The bytes of a request body. Invariant: never more than `bodyBytesMax` are held, neither as they come nor decoded; a
 * length above it is refused before the first byte was kept.
 */

import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { Clock } from '../actors/seams.ts';
import { ByteTape } from '../actors/tape.ts';
import { BodiesFull, type BodyHold } from './body-bytes.ts';
import type { Exchange } from './exchange.ts';
import { limits } from './limits.ts';
import { announcedBodyBytes } from './request-head.ts';
import { RequestError } from './request-error.ts';
import type { Soon } from './soon.ts';

const chunkSize = 65_536;

const tooLarge = (bodyBytesMax: number): RequestError =>
  new RequestError('request_entity_too_large', `The request body is larger than ${bodyBytesMax} bytes.`);

interface Collecting {
  readonly tape: ByteTape;
  resolve(bytes: Uint8Array | null): void;
  reject(error: unknown): void;
}

/** Calls `late` when a window passes without enough of the body. */
class UploadWindow {
  readonly #clock: Clock;
  readonly #late: () => void;
  #bytes = 0;
  #stop: () => void = () => {};

  constructor(clock: Clock, late: () => void) {
    this.#clock = clock;
    this.#late = late;
    this.#open();
  }

  heard(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= limits.uploadWindowBytes) this.#open();
  }

  stop(): void {
    this.#stop();
  }

  #open(): void {
    this.#bytes = 0;
    this.#stop();
    this.#stop = this.#clock.schedule(limits.uploadWindowMs, this.#late);
  }
}

const tooSlow = (): RequestError =>
  new RequestError('slow_upload', 'The request body came too slowly; it has to bring 16 KiB a second.');

export interface BodyLimits {
  readonly clock: Clock;
  readonly bodyBytesMax: number;
  readonly hold: BodyHold;
}

/** Resolves with null when the client left. Must be called before the route handler returns. */
export function collectBody(exchange: Exchange, { clock, bodyBytesMax, hold }: BodyLimits): Promise<Uint8Array | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | null>();
  // The exchange keeps the callbacks below for as long as the answer takes: with this, they would keep the body.
  let collecting: Collecting | null = { tape: new ByteTape(), resolve, reject };
  const settle = (how: (collecting: Collecting) => void): void => {
    upload.stop();
    if (collecting !== null) how(collecting);
    collecting = null;
    forget();
  };
  const refuse = (error: unknown): void => settle((body) => body.reject(error));
  const upload = new UploadWindow(clock, () => exchange.guard(() => refuse(tooSlow())));
  let forget = (): void => {};
  forget = exchange.onGone(() => settle((body) => body.resolve(null)));
  exchange.onBody((chunk, isLast) => {
    if (collecting === null) return;
    try {
      const { tape } = collecting;
      if (tape.length + chunk.byteLength > bodyBytesMax) throw tooLarge(bodyBytesMax);
      hold.take(chunk.byteLength);
      upload.heard(chunk.byteLength);
      tape.copy(new Uint8Array(chunk));
    } catch (error) {
      refuse(error);
    }
    if (isLast) settle((body) => body.resolve(body.tape.view()));
  });
  if ((announcedBodyBytes(exchange.head) ?? 0) > bodyBytesMax) refuse(tooLarge(bodyBytesMax));
  return promise;
}

type Decoder = ReturnType<typeof createGunzip | typeof createBrotliDecompress>;

/** A stream, not one call, because what comes out must be counted before the next of it does. */
function decoder(encoding: string, bytes: Uint8Array): Decoder | null {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip({ chunkSize });
  if (encoding === 'br') return createBrotliDecompress({ chunkSize });
  // `deflate` means the zlib format; some clients send the bare one, which cannot begin with its method nibble.
  if (encoding !== 'deflate') return null;
  return ((bytes[0] ?? 0) & 0x0f) === 8 ? createInflate({ chunkSize }) : createInflateRaw({ chunkSize });
}

/** Undoes the content encoding, in the thread pool; at once where there is none. */
export function decodeBody(
  bytes: Uint8Array,
  contentEncoding: string,
  bodyBytesMax: number,
  hold: BodyHold,
): Soon<Uint8Array> {
  const encoding = contentEncoding === '' ? '' : contentEncoding.trim().toLowerCase();
  return encoding === '' || encoding === 'identity' ? bytes : decoded(bytes, encoding, bodyBytesMax, hold);
}

async function decoded(bytes: Uint8Array, encoding: string, bodyBytesMax: number, hold: BodyHold): Promise<Uint8Array> {
  const stream = decoder(encoding, bytes);
  if (stream === null) {
    const message = 'This content encoding is not supported; use gzip, deflate, br or none.';
    throw new RequestError('unsupported_encoding', message);
  }
  const tape = new ByteTape();
  stream.end(bytes);
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      if (tape.length + chunk.length > bodyBytesMax) throw tooLarge(bodyBytesMax);
      hold.take(chunk.length);
      tape.copy(chunk);
    }
  } catch (error) {
    if (error instanceof RequestError || error instanceof BodiesFull) throw error;
    throw new RequestError('invalid_json', `The request body is not valid ${encoding} data.`);
  }
  return tape.view();
}
