/**
 * What workers and the gateway say to each other, line by line and before anything is made of it; and, apart, the reasoning that
 * models tell. For development only: it holds prompts and answers. Invariant: a record is bounded; secrets are never in it.
 */

import type { Happenings, Watch } from '../actors/diagnostics.ts';
import type { JsonObject } from '../actors/turn.ts';
import type { HttpHappenings } from './happenings.ts';
import { LineOrigins, linesOf, messageOf } from './line-origins.ts';
import { shownBody, type WireView } from './shown-wire.ts';

export interface RecordFile {
  readonly view: WireView;
  readonly bytesMax: number;
  readonly write: (record: JsonObject) => void;
}

export interface WorkerCaptureOptions {
  readonly watch: Watch<HttpHappenings>;
  readonly now: () => number;
  /** Null: not wanted. */
  readonly lines: RecordFile | null;
  readonly thinking: RecordFile | null;
}

type Line = Happenings['worker.line'];

/** In both protocols the names of such events have it, and little else does. */
const thinks = /"(?:method|type)":"[^"]{0,64}reasoning[^"]{0,64}"/i;

export function captureWorkers({ watch, now, lines, thinking }: WorkerCaptureOptions): void {
  const origins = new LineOrigins(watch);

  const note = (file: RecordFile, told: Line, origin: ReturnType<LineOrigins['of']>, line: string): void => {
    const { body, body_bytes: bytes, truncated = false } = shownBody(line, file.view, file.bytesMax);
    file.write({
      ts: now(),
      direction: told.direction === 'out' ? 'outbound' : 'inbound',
      slot: told.slot,
      epoch: told.epoch,
      req_id: origin.request,
      response_id: origin.response,
      rpc_id: origin.rpcId,
      notification_method: origin.method,
      bytes: bytes ?? null,
      truncated,
      message: body ?? null,
    });
  };

  watch('worker.line', (told) => {
    for (const line of linesOf(told.line)) {
      const origin = origins.of(told, messageOf(line) ?? {});
      if (lines !== null) note(lines, told, origin, line);
      if (thinking !== null && told.direction === 'in' && thinks.test(line)) note(thinking, told, origin, line);
    }
  });
}
