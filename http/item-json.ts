/**
 * Items and parts of the Responses object as JSON, written straight to a byte tape. One writer serves `added`, `done`
 * and the final output, so the copies of an item that a client sees cannot differ. Optional members that are unknown
 * are left out, never null.
 */

import type { ResponseLog } from '../actors/log.ts';
import type { Item, Part } from '../actors/log-entry.ts';
import type { ByteTape } from '../actors/tape.ts';
import { partWires } from './part-wire.ts';

const quoted = (text: string): string => JSON.stringify(text);

const opening = (item: Item, status: Item['status']): string => {
  const identity = `{"id":${quoted(item.id)},"type":"${item.kind}"`;
  const call =
    `,"status":"${status}","call_id":${quoted(item.callId ?? '')},"name":${quoted(item.name ?? '')}` +
    (item.namespace === undefined ? '' : `,"namespace":${quoted(item.namespace)}`);
  switch (item.kind) {
    case 'message':
      return `${identity},"status":"${status}","role":"assistant","content":[`;
    case 'reasoning':
      return `${identity},"summary":[`;
    case 'function_call':
      return `${identity}${call},"arguments":"`;
    case 'custom_tool_call':
      return `${identity}${call},"input":"`;
  }
};

const closing = (item: Item, status: Item['status'], phase?: string, encrypted?: string): string => {
  switch (item.kind) {
    case 'message':
      return phase === undefined ? ']}' : `],"phase":${quoted(phase)}}`;
    case 'reasoning':
      return `]${encrypted === undefined ? '' : `,"encrypted_content":${quoted(encrypted)}`},"status":"${status}"}`;
    case 'function_call':
    case 'custom_tool_call':
      return '"}';
  }
};

/** An item as `output_item.added` announces it: empty, with what was known then. */
export const announcedItem = (item: Item): string =>
  opening(item, 'in_progress') + closing(item, 'in_progress', item.announcedPhase);

const partOpening = (part: Part): string => {
  const { object } = partWires[part.kind];
  return object === null ? '' : `{"type":"${object.type}","${object.textKey}":"`;
};

const partClosing = (part: Part, annotations: string): string =>
  part.kind === 'text' ? `","annotations":${annotations},"logprobs":[]}` : '"}';

/** A part as its `added` event shows it. */
export const announcedPart = (part: Part): string => partOpening(part) + partClosing(part, '[]');

/** A closed part. */
export const writePart = (log: ResponseLog, part: Part, out: ByteTape): void => {
  out.write(partOpening(part));
  log.copyEscaped(part.start, part.end, out);
  out.write(partClosing(part, JSON.stringify(part.annotations)));
};

/** A closed item; `reveal`: with the encrypted content of reasoning. */
export const writeItem = (log: ResponseLog, item: Item, reveal: boolean, out: ByteTape): void => {
  out.write(opening(item, item.status));
  for (const part of item.parts) {
    if (partWires[part.kind].object === null) {
      log.copyEscaped(part.start, part.end, out);
      continue;
    }
    if (part.index > 0) out.write(',');
    writePart(log, part, out);
  }
  out.write(closing(item, item.status, item.phase, reveal ? item.encrypted : undefined));
};
