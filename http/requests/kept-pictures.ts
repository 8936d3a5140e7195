/**
 * Pictures that were downloaded for a request, kept with its input in place of their addresses: a conversation that goes on
 * shows the model what it has seen, whatever is at the address by then.
 */

import type { Asked } from '../../actors/service.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import { isObject } from './well-formed.ts';

/** `downloaded`: address -> the part that the model is given. */
export function withDownloads(asked: Asked, downloaded: ReadonlyMap<string, JsonObject>): Asked {
  const dataOr = (url: Json): Json =>
    typeof url === 'string' ? (downloaded.get(url.toWellFormed())?.['image_url'] ?? url) : url;

  const member = (key: string, value: Json): Json => {
    if (key === 'content' || key === 'output') return Array.isArray(value) ? value.map(filled) : filled(value);
    if (key !== 'image_url') return value;
    return isObject(value) && value['url'] !== undefined ? { ...value, url: dataOr(value['url']) } : dataOr(value);
  };

  /** An item, or a part of one. */
  const filled = (value: Json): Json =>
    isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, member(key, one)])) : value;

  return { ...asked, input: asked.input.map(filled) };
}
