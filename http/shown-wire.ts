/**
 * How bodies and frames stand in a trace: as JSON where they are short, as the beginning of their text where they are not. Invariants:
 * no more than `bytesMax` of a body is shown, nor much more than that looked at; whether there are words in it is not decided here.
 */

import type { Json, JsonObject } from '../actors/turn.ts';

/** What may be seen of a value, and of a text that is no JSON. */
export interface WireView {
  value(value: Json): Json;
  text(text: string): string;
  headers(headers: Iterable<readonly [string, string]>): JsonObject;
}

/** A secret that stands where a text is cut is known by its rest: the view has to see that. */
const seamBytes = 4_096;

/** Longer ones are not read as JSON. */
const parsedBytesMax = 262_144;

const parsed = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

const cut = (text: string, bytesMax: number): string => {
  const bytes = Buffer.from(text.slice(0, bytesMax));
  return bytes.length <= bytesMax ? bytes.toString() : bytes.toString('utf8', 0, bytesMax).replace(/\uFFFD$/, '');
};

/** `body`, and where it is not whole also `truncated`; in any case how long it is. */
export function shownBody(body: Uint8Array | string, view: WireView, bytesMax: number): JsonObject {
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const isShort = bytes <= parsedBytesMax;
  const head =
    typeof body === 'string'
      ? body
      : Buffer.from(body.buffer, body.byteOffset, isShort ? bytes : bytesMax + seamBytes).toString();
  const value = isShort ? parsed(head) : undefined;
  if (value === undefined) {
    const shown = cut(view.text(head.slice(0, bytesMax + seamBytes)), bytesMax);
    return { body: shown, body_bytes: bytes, ...(bytes > bytesMax ? { truncated: true } : {}) };
  }
  const shown = view.value(value);
  const text = JSON.stringify(shown);
  if (Buffer.byteLength(text) <= bytesMax) return { body: shown, body_bytes: bytes };
  return { body: cut(text, bytesMax), body_bytes: bytes, truncated: true };
}

/** Frames of a stream, as many as there is room for. */
export function shownFrames(chunk: string, view: WireView, bytesMax: number): JsonObject {
  const frames: JsonObject[] = [];
  let roomBytes = bytesMax;
  const parts = chunk.split('\n\n').filter((part) => part !== '');
  for (const part of parts) {
    if (part.startsWith(': keepalive')) {
      frames.push({ comment: 'keepalive' });
      continue;
    }
    const event = part.match(/^event: ([\w.-]{1,64})$/m)?.[1];
    const data = part.match(/^data: (.*)$/m)?.[1] ?? '';
    const value = data.length <= parsedBytesMax ? parsed(data) : undefined;
    const shown =
      value === undefined
        ? data === '[DONE]'
          ? data
          : cut(view.text(data.slice(0, bytesMax + seamBytes)), bytesMax)
        : view.value(value);
    roomBytes -= JSON.stringify(shown).length;
    if (roomBytes < 0) return { frames, frame_count: parts.length, truncated: true };
    frames.push({ ...(event === undefined ? {} : { event }), data: shown });
  }
  return { frames, frame_count: parts.length };
}
