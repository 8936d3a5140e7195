/**
 * How each kind of part is spelled on the Responses wire: its events, its place and the fixed bytes around its text.
 * Everything constant is encoded here once, so a delta costs copies and digits only.
 */

import type { Part, PartKind } from '../actors/log-entry.ts';

/** A frame up to its sequence number. */
export const frameHead = (event: string): string => `event: ${event}\ndata: {"type":"${event}","sequence_number":`;

export const frameTail = '}\n\n';

/** The object that stands for a part: its bytes before the text, and after the text up to the closing brace. */
interface PartObject {
  readonly type: string;
  readonly textKey: string;
}

export interface PartWire {
  /** Calls carry their text without a part object around it. */
  readonly object: PartObject | null;
  readonly indexKey: 'content_index' | 'summary_index' | null;
  readonly addedHead: string;
  readonly doneHead: string;
  readonly deltaHead: Buffer;
  readonly textDoneHead: string;
  /** Key of the whole text in the event that closes it. */
  readonly textDoneKey: string;
  /** From the quote that ends the text (delta or whole) to the end of the frame. */
  readonly textTail: Buffer;
}

const wire = (
  textEvent: string,
  textDoneKey: string,
  indexKey: PartWire['indexKey'],
  partEvent: string,
  object: PartObject | null,
  textTail = '"',
): PartWire => ({
  object,
  indexKey,
  addedHead: frameHead(`${partEvent}.added`),
  doneHead: frameHead(`${partEvent}.done`),
  deltaHead: Buffer.from(frameHead(`${textEvent}.delta`)),
  textDoneHead: frameHead(`${textEvent}.done`),
  textDoneKey,
  textTail: Buffer.from(`${textTail}}\n\n`),
});

const contentPart = 'response.content_part';
const summaryPart = 'response.reasoning_summary_part';

export const partWires: Readonly<Record<PartKind, PartWire>> = {
  text: wire(
    'response.output_text',
    'text',
    'content_index',
    contentPart,
    { type: 'output_text', textKey: 'text' },
    '","logprobs":[]',
  ),
  refusal: wire('response.refusal', 'refusal', 'content_index', contentPart, { type: 'refusal', textKey: 'refusal' }),
  summary: wire('response.reasoning_summary_text', 'text', 'summary_index', summaryPart, {
    type: 'summary_text',
    textKey: 'text',
  }),
  // The log has no part events for calls, so these two heads are never written.
  arguments: wire('response.function_call_arguments', 'arguments', null, contentPart, null),
  input: wire('response.custom_tool_call_input', 'input', null, contentPart, null),
};

/** The members that say where a part is: `,"item_id":…,"output_index":…` and its index within the item. */
export const partPlace = (itemId: string, part: Part): string => {
  const { indexKey } = partWires[part.kind];
  const ofItem = `,"item_id":${JSON.stringify(itemId)},"output_index":${part.item}`;
  return indexKey === null ? ofItem : `${ofItem},"${indexKey}":${part.index}`;
};
