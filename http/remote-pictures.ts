/**
 * The pictures of a request, once all else about it was found good. Those that it only names are downloaded and put in place
 * of their address, told to the model as text, or refused, as the operator decides. Invariants: no such part is left in an
 * admission that leaves here; no download outlives its request.
 */

import type { Clock, PictureProblem } from '../actors/seams.ts';
import type { Json, JsonObject } from '../actors/turn.ts';
import type { Admission } from './admission.ts';
import { BodiesFull, type BodyHold } from './body-bytes.ts';
import type { Exchange } from './exchange.ts';
import type { Front } from './front.ts';
import { limits } from './limits.ts';
import { RequestError, type RequestErrorCode } from './request-error.ts';
import { withDownloads } from './requests/kept-pictures.ts';
import type { Soon } from './soon.ts';
import { type RemotePicture, isRemotePicture, picturePart, pixelsOf, variant } from './requests/pictures.ts';

const mebibyte = 1_048_576;

const problems: Readonly<Record<Exclude<PictureProblem, 'busy'>, readonly [RequestErrorCode, string]>> = {
  address: ['invalid_image_url', 'only http and https URLs of public addresses, without a user, are fetched.'],
  unreachable: [
    'failed_to_download_image',
    'the image could not be downloaded from a public address; send a data URL.',
  ],
  size: ['image_file_too_large', `an image has at most ${limits.pictureBytesMax / mebibyte} MiB.`],
};

const refuse = (code: RequestErrorCode, message: string, { at }: RemotePicture): never => {
  throw new RequestError(code, `${at}: ${message}`, at);
};

/** The parts of a message or of a tool output. */
const partsKey = (item: JsonObject): 'output' | 'content' =>
  item['type'] === 'function_call_output' ? 'output' : 'content';

function remotesOf(item: JsonObject): readonly RemotePicture[] {
  const parts = item[partsKey(item)];
  return Array.isArray(parts) ? parts.filter(isRemotePicture) : [];
}

function replaced(admission: Admission, by: (picture: RemotePicture) => JsonObject): Admission {
  const { request } = admission;
  const items = request.turn.items.map((item) => {
    if (remotesOf(item).length === 0) return item;
    const key = partsKey(item);
    const parts = item[key] as readonly Json[];
    return { ...item, [key]: parts.map((part) => (isRemotePicture(part) ? by(part) : part)) };
  });
  return { ...admission, request: { ...request, turn: { ...request.turn, items } } };
}

/** Aborted when the client leaves. A function of its own: the exchange keeps the closure, which must not keep pictures. */
function leash(exchange: Exchange): AbortController {
  const controller = new AbortController();
  exchange.onGone(() => controller.abort());
  return controller;
}

/** Address -> part. Rejects with the first problem; then, too, nothing is under way any more. */
async function download(
  pictures: readonly RemotePicture[],
  controller: AbortController,
  { clock, pictures: source }: { readonly clock: Clock } & Pick<Front, 'pictures'>,
  hold: BodyHold,
): Promise<ReadonlyMap<string, JsonObject>> {
  const { signal } = controller;
  let bytesLeft: number = limits.remotePicturesBytesMax;
  const get = async (picture: RemotePicture): Promise<readonly [string, JsonObject]> => {
    const take = (bytes: number): void => {
      bytesLeft -= bytes;
      if (bytesLeft < 0) refuse('image_file_too_large', 'the images of this request are too large together.', picture);
      hold.take(bytes);
    };
    try {
      const got = await source.get(picture.url, limits.pictureBytesMax, take, signal);
      if (got === 'busy') throw new BodiesFull('downloadsMax');
      if (typeof got === 'string') return refuse(...problems[got], picture);
      return [picture.url, picturePart(Buffer.from(got.buffer, got.byteOffset, got.byteLength), picture.at)];
    } catch (error) {
      if (!signal.aborted) throw error;
      return refuse('failed_to_download_image', 'the download took too long; send a data URL.', picture);
    }
  };
  const late = clock.schedule(limits.remotePicturesMs, () => controller.abort());
  try {
    return new Map(await Promise.all(pictures.map(get)));
  } finally {
    late();
    controller.abort();
  }
}

function checkPixels({ request }: Admission): void {
  const parts = request.turn.items.flatMap((item) => item[partsKey(item)] ?? []);
  if (parts.reduce<number>((sum, part) => sum + pixelsOf(part), 0) <= limits.picturesPixelsMax) return;
  const most = `${limits.picturesPixelsMax / 1_000_000} megapixels`;
  const message = `The images of a request have at most ${most} together.`;
  throw new RequestError('image_too_large', message, request.inputName);
}

/** A part that is no text, be it a picture that is there or one that is only named. */
const isShown = (item: JsonObject): boolean => {
  const parts = item[partsKey(item)];
  return Array.isArray(parts) && parts.some((part: Json) => isRemotePicture(part) || pixelsOf(part) > 0);
};

/** Null: the client left meanwhile. At once where there is nothing to see, as in most requests. */
export function withPictures(
  admission: Admission,
  exchange: Exchange,
  front: Front,
  hold: BodyHold,
): Soon<Admission | null> {
  return admission.request.turn.items.some(isShown) ? complete(admission, exchange, front, hold) : admission;
}

async function complete(
  admission: Admission,
  exchange: Exchange,
  front: Front,
  hold: BodyHold,
): Promise<Admission | null> {
  const seen = await withoutRemotes(admission, exchange, front, hold);
  if (seen !== null) checkPixels(seen);
  return seen;
}

async function withoutRemotes(
  admission: Admission,
  exchange: Exchange,
  front: Front,
  hold: BodyHold,
): Promise<Admission | null> {
  const all = admission.request.turn.items.flatMap(remotesOf);
  const [first] = all;
  if (first === undefined) return admission;
  if (front.settings.remoteImages === 'reject')
    return refuse('invalid_image_url', 'images are not fetched here; send a data URL.', first);
  if (front.settings.remoteImages === 'text') {
    return replaced(admission, ({ url }) => ({ type: 'input_text', text: `[image:${url}]` }));
  }
  const distinct = [...new Map(all.map((picture) => [picture.url, picture])).values()];
  const excess = distinct[limits.remotePicturesMax];
  if (excess !== undefined) {
    const most = `at most ${limits.remotePicturesMax} images of a request are fetched.`;
    return refuse('invalid_image_url', most, excess);
  }
  try {
    const parts = await download(distinct, leash(exchange), front, hold);
    const seen = replaced(admission, ({ url, detail = null }) =>
      variant(parts.get(url) ?? {}, detail === null ? {} : { detail }),
    );
    const { asked } = seen.request;
    return asked === null ? seen : { ...seen, request: { ...seen.request, asked: withDownloads(asked, parts) } };
  } catch (error) {
    if (exchange.over) return null;
    throw error;
  }
}
