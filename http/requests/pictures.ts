/**
 * Picture parts -> the one form that the CLI takes: a data URL whose media type is that of its bytes. What the CLI would
 * replace by a remark to the model, or choke on, is refused here. A picture elsewhere becomes a part of a type of our own
 * that remembers its place, for `http/remote-pictures.ts` to replace.
 */

import type { Json, JsonObject } from '../../actors/turn.ts';
import { limits } from '../limits.ts';
import { RequestError, type RequestErrorCode } from '../request-error.ts';
import { fromBase64 } from './base64.ts';
import { readPicture } from './picture-head.ts';
import { bodyPath } from './previous.ts';
import { aString, check, oneOf } from './shape.ts';
import { isAbsent, isObject } from './well-formed.ts';

const aDetail = oneOf('auto', 'low', 'high', 'original');
const mebibyte = 1_048_576;

/** A part of our own; the CLI would refuse it. */
export type RemotePicture = JsonObject & {
  readonly type: 'remote_picture';
  readonly url: string;
  /** Its place in the client's body. */
  readonly at: string;
};

export const isRemotePicture = (part: Json): part is RemotePicture =>
  isObject(part) && part['type'] === 'remote_picture';

/** Of the parts that were made here, for the sum over a request: what the CLI has to decode is not told by its size. */
const pixels = new WeakMap<object, number>();

export const pixelsOf = (part: Json): number => (isObject(part) ? (pixels.get(part) ?? 0) : 0);

const refuse = (code: RequestErrorCode, message: string, path: string): never => {
  throw new RequestError(code, `${path}: ${message}`, path);
};

/** `image_url` is an address or `{url, detail}`, under either name of the part. */
export function readPicturePart(part: JsonObject, path: string): JsonObject {
  for (const key of ['file_id', 'image_file']) {
    if (!isAbsent(part[key])) {
      refuse('unsupported_value', 'no files are kept here; send the image itself as a data URL.', `${path}.${key}`);
    }
  }
  const given = part['image_url'];
  const [url, at] = isObject(given) ? [given['url'], `${path}.image_url.url`] : [given, `${path}.image_url`];
  const detail = readDetail(part['detail'], `${path}.detail`) ?? detailWithin(given, `${path}.image_url.detail`);
  return readUrl(check(aString, url, at), detail === null ? {} : { detail }, at);
}

const detailWithin = (given: Json | undefined, path: string): string | null =>
  isObject(given) ? readDetail(given['detail'], path) : null;

/** The CLI has no `low`; it would leave the picture out. */
function readDetail(given: Json | undefined, path: string): string | null {
  if (isAbsent(given)) return null;
  const detail = check(aDetail, given, path);
  return detail === 'low' ? 'auto' : detail;
}

function readUrl(url: string, detail: JsonObject, at: string): JsonObject {
  if (/^https?:/i.test(url)) {
    return { type: 'remote_picture', url: url.toWellFormed(), at: bodyPath(at), ...detail } satisfies RemotePicture;
  }
  const [prefix] = /^data:[^,]{0,256},/i.exec(url) ?? [];
  if (prefix === undefined) {
    return refuse('invalid_image_url', 'send a data URL, or an address that begins with https:// or http://.', at);
  }
  if (!/;base64,$/i.test(prefix)) return refuse('invalid_base64_image', 'a data URL must be base64.', at);
  const part = picturePart(decoded(url.slice(prefix.length), at), at);
  // Equal as a rule: then the copy that was made for the comparison goes, and megabytes are not held twice.
  return variant(part, part['image_url'] === url ? { image_url: url, ...detail } : detail);
}

function decoded(data: string, path: string): Buffer {
  if (data.length > limits.pictureBytesMax * 2) return tooManyBytes(path);
  return fromBase64(data) ?? refuse('invalid_base64_image', 'the data is not valid base64.', path);
}

const tooManyBytes = (path: string): never =>
  refuse('image_file_too_large', `an image has at most ${limits.pictureBytesMax / mebibyte} MiB.`, path);

export function picturePart(bytes: Buffer, path: string): JsonObject {
  if (bytes.length === 0) return refuse('empty_image_file', 'the image is empty.', path);
  if (bytes.length > limits.pictureBytesMax) return tooManyBytes(path);
  const head = readPicture(bytes);
  if (head === 'unknown') return refuse('unsupported_image_media_type', 'send PNG, JPEG, GIF or WebP.', path);
  if (head === 'broken') return refuse('image_parse_error', 'the image is broken or not complete.', path);
  const { type, width, height } = head;
  if (width * height > limits.picturePixelsMax) {
    const most = `${limits.picturePixelsMax / 1_000_000} megapixels`;
    return refuse('image_too_large', `the image has ${width} × ${height} pixels; the most is ${most}.`, path);
  }
  const part = { type: 'input_image', image_url: `data:${type};base64,${bytes.toString('base64')}` };
  pixels.set(part, width * height);
  return part;
}

/** The same picture with other members. */
export function variant(part: JsonObject, members: JsonObject): JsonObject {
  const made = { ...part, ...members };
  pixels.set(made, pixelsOf(part));
  return made;
}
