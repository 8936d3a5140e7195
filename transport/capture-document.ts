/**
 * One exchange as the text of a file: what was asked, what was answered, and what the gateway made of it. Invariants: a redacted
 * document has no text but names (`bare-shape.ts`), a raw one no secret; both say where something was too long to be kept.
 */

import type { Json, JsonObject } from '../actors/turn.ts';
import { bareShape, redactedText } from './bare-shape.ts';
import { ingressSummary } from './ingress-summary.ts';
import type { Redactor } from './redact.ts';
import { fewHeaders, maskedHeaders } from './shown-headers.ts';
import { type Piece, sseFrames } from './sse-frames.ts';

export type CaptureVariant = 'redacted' | 'raw';

/** An exchange that is over. */
export interface Captured {
  readonly endpoint: 'chat' | 'responses';
  /** Of the file, without its ending. */
  readonly name: string;
  readonly metadata: JsonObject;
  readonly headers: readonly (readonly [string, string])[];
  /** As far as it was kept. */
  readonly body: Uint8Array;
  readonly bodyBytes: number;
  readonly isStream: boolean;
  readonly pieces: readonly Piece[];
  /** Of the answer; more than the pieces have: the rest was not kept. */
  readonly answerBytes: number;
}

interface View {
  value(value: Json): Json;
  /** Of a text that is no JSON. */
  text(text: string): string;
  headers(headers: Captured['headers']): JsonObject;
}

const viewOf = (variant: CaptureVariant, redactor: Redactor): View =>
  variant === 'redacted'
    ? {
        value: (value) => bareShape(value, redactor.text),
        text: () => redactedText,
        headers: (headers) => fewHeaders(headers, redactor.text),
      }
    : {
        value: (value) => redactor.value(value),
        text: (text) => redactor.text(text),
        headers: (headers) => maskedHeaders(headers, redactor.text),
      };

const parsed = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

const shown = (text: string, view: View): Json => {
  const value = parsed(text);
  return value === undefined ? view.text(text) : view.value(value);
};

const textOf = (pieces: readonly Piece[]): string => Buffer.concat(pieces.map(({ bytes }) => bytes)).toString('utf8');

const sizeOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);

const entries = ({ pieces, endpoint }: Captured, view: View): JsonObject[] => {
  const list: JsonObject[] = [];
  for (const { at: ts, event, data } of sseFrames(pieces)) {
    // In chat no frame has a name.
    const named = endpoint === 'chat' ? {} : { event: event ?? 'done' };
    list.push(
      data === '[DONE]' ? { type: 'done', ...named, ts } : { type: 'data', ...named, ts, data: shown(data, view) },
    );
  }
  return list;
};

/** Each entry of a stream is a line of its own. */
const lines = (list: readonly JsonObject[]): string => `[\n${list.map((one) => JSON.stringify(one)).join(',\n')}\n]`;

export function captureDocument(captured: Captured, variant: CaptureVariant, redactor: Redactor): string {
  const { metadata, headers, body, bodyBytes, isStream, pieces, answerBytes } = captured;
  const view = viewOf(variant, redactor);
  const bodyText = Buffer.from(body).toString('utf8');
  const cut = {
    ...(bodyBytes > body.length ? { request_bytes_omitted: bodyBytes - body.length } : {}),
    ...(answerBytes > sizeOf(pieces) ? { answer_bytes_omitted: answerBytes - sizeOf(pieces) } : {}),
  };
  const told = { ...metadata, variant, ...cut, ingress_summary: ingressSummary(parsed(bodyText) ?? null) };
  const request = { headers: view.headers(headers), body: shown(bodyText, view) };
  const answer = isStream
    ? `"stream":${lines(entries(captured, view))}`
    : `"response":${JSON.stringify(shown(textOf(pieces), view))}`;
  return `{"metadata":${JSON.stringify(told)},\n"request":${JSON.stringify(request)},\n${answer}}\n`;
}
