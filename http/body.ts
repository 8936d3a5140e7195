/**
 * The bytes of a request body. Invariant: never more than `bodyBytesMax` are held, neither as they come nor decoded; a
 * length above it is refused before the first byte was kept.
 */

import { brotliDecompress, gunzip, inflate, inflateRaw, type InputType, type ZlibOptions } from 'node:zlib';
import { ByteTape } from '../actors/tape.ts';
import type { Exchange } from './exchange.ts';
import { announcedBodyBytes } from './request-head.ts';
import { RequestError } from './request-error.ts';

const tooLarge = (bodyBytesMax: number): RequestError =>
  new RequestError('request_entity_too_large', `The request body is larger than ${bodyBytesMax} bytes.`);

/** Resolves with null when the client left. Must be called before the route handler returns. */
export function collectBody(exchange: Exchange, bodyBytesMax: number): Promise<Uint8Array | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | null>();
  let tape = new ByteTape();
  let settled = false;
  const refuse = (): void => {
    settled = true;
    tape = new ByteTape();
    reject(tooLarge(bodyBytesMax));
  };
  exchange.onGone(() => resolve(null));
  exchange.onBody((chunk, isLast) => {
    if (settled) return;
    if (tape.length + chunk.byteLength > bodyBytesMax) {
      refuse();
      return;
    }
    tape.copy(new Uint8Array(chunk));
    if (isLast) resolve(tape.view());
  });
  if ((announcedBodyBytes(exchange.head) ?? 0) > bodyBytesMax) refuse();
  return promise;
}

type Decompress = (
  bytes: InputType,
  options: ZlibOptions,
  done: (error: Error | null, result: Uint8Array) => void,
) => void;

function decoder(encoding: string, bytes: Uint8Array): Decompress | null {
  if (encoding === 'gzip' || encoding === 'x-gzip') return gunzip;
  if (encoding === 'br')
    return (input, { maxOutputLength = 0 }, done) => brotliDecompress(input, { maxOutputLength }, done);
  // `deflate` means the zlib format; some clients send the bare one, which cannot begin with its method nibble.
  if (encoding === 'deflate') return ((bytes[0] ?? 0) & 0x0f) === 8 ? inflate : inflateRaw;
  return null;
}

/** Undoes the content encoding, in the thread pool. */
export function decodeBody(bytes: Uint8Array, contentEncoding: string, bodyBytesMax: number): Promise<Uint8Array> {
  const encoding = contentEncoding.trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return Promise.resolve(bytes);
  const decompress = decoder(encoding, bytes);
  if (decompress === null) {
    const message = 'This content encoding is not supported; use gzip, deflate, br or none.';
    return Promise.reject(new RequestError('unsupported_encoding', message));
  }
  return new Promise((resolve, reject) => {
    decompress(bytes, { maxOutputLength: bodyBytesMax }, (error, decoded) => {
      if (error === null) resolve(decoded);
      else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') reject(tooLarge(bodyBytesMax));
      else reject(new RequestError('invalid_json', `The request body is not valid ${encoding} data.`));
    });
  });
}
