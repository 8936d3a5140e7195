// Reads a request body: bounded, decompressed, parsed.
// Invariant: never buffers more than `bodyBytesMax`, before or after decompression.

import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';

export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type Body = { readonly rawBytes: number; readonly text: string };

const decoders = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
} as const;

async function decoded(bytes: Buffer, encoding: string, bodyBytesMax: number): Promise<Buffer> {
  if (encoding === 'identity' || bytes.length === 0) return bytes;
  if (!Object.hasOwn(decoders, encoding)) throw new BodyError(415, `unknown content-encoding ${encoding}`);
  try {
    return await decoders[encoding as keyof typeof decoders](bytes, { maxOutputLength: bodyBytesMax });
  } catch (cause) {
    throw new BodyError(400, `cannot decode ${encoding}: ${String(cause)}`);
  }
}

export async function readBody(request: IncomingMessage, bodyBytesMax: number): Promise<Body> {
  const chunks: Buffer[] = [];
  let rawBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    rawBytes += chunk.length;
    if (rawBytes > bodyBytesMax) throw new BodyError(413, `body larger than ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const bytes = await decoded(Buffer.concat(chunks), encoding, bodyBytesMax);
  return { rawBytes, text: bytes.toString('utf8') };
}

/** JSON when it is JSON, a record of fields when it is a form, the text otherwise. */
export function parseBody(text: string, contentType: string): unknown {
  if (text === '') return undefined;
  if (contentType.includes('x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
