/** What a response log is made of: items, their parts, and the entries that tell of them one after another. */

import type { Failure, Outcome } from '../machines/outcome.ts';
import type { JsonObject, Usage } from './turn.ts';

export type ItemKind = 'message' | 'reasoning' | 'function_call' | 'custom_tool_call';
export type PartKind = 'text' | 'refusal' | 'summary' | 'arguments' | 'input';

export interface Item {
  /** `output_index`. */
  readonly index: number;
  readonly id: string;
  readonly kind: ItemKind;
  readonly callId?: string;
  readonly name?: string;
  readonly namespace?: string;
  /** Goes on with the text of the message before, which a call has parted. */
  readonly continues?: true;
  parts: Part[];
  status: 'in_progress' | 'completed' | 'incomplete';
  /** As announced by `item.added`; `phase` may become known later, and a late reader must still see the same entry. */
  readonly announcedPhase?: string;
  phase?: string;
  encrypted?: string;
}

/** What a client has to answer. */
export type Call = Item & { readonly kind: 'function_call' | 'custom_tool_call' };

/** Something of it that is no reasoning can be seen. */
export const isShown = ({ kind, parts }: Item): boolean =>
  kind !== 'reasoning' && parts.some(({ start, end }) => end > start);

export const isCall = (item: Item): item is Call => item.kind === 'function_call' || item.kind === 'custom_tool_call';

export interface Part {
  readonly item: number;
  /** `content_index` or `summary_index`. */
  readonly index: number;
  readonly kind: PartKind;
  readonly annotations: JsonObject[];
  /** Range of the text tape. */
  readonly start: number;
  end: number;
}

/** One entry. `subject` of an item step is an item, of every other a part. */
export type Step =
  | { readonly type: 'created' | 'queued' | 'in_progress' | 'error' | 'closed' }
  | { readonly type: 'item.added' | 'item.done'; readonly item: Item }
  | { readonly type: 'part.added' | 'part.done' | 'text.done'; readonly item: Item; readonly part: Part }
  | { readonly type: 'delta'; readonly item: Item; readonly part: Part; readonly start: number; readonly end: number }
  | { readonly type: 'annotation.added'; readonly item: Item; readonly part: Part; readonly annotation: number };

/** Codes of the entry types on the tape: an index into this list. */
export const stepTypes = [
  'created',
  'queued',
  'in_progress',
  'error',
  'closed',
  'item.added',
  'item.done',
  'part.added',
  'part.done',
  'text.done',
  'delta',
  'annotation.added',
] as const satisfies readonly Step['type'][];
export const stepCodes = Object.fromEntries(stepTypes.map((type, code) => [type, code])) as Record<
  Step['type'],
  number
>;

/** What was left out of an answer as metadata of the worker. */
export interface Sanitized {
  readonly lines: number;
  readonly keys: readonly string[];
  /** `fixed`: keys that are always metadata; `event`: keys that an event of the worker has named. */
  readonly sources: readonly string[];
}

export interface Ending {
  readonly outcome: Outcome;
  readonly usage: Usage | null;
  /** Nobody counted: the usage is the gateway's own estimate. */
  readonly isEstimate?: true;
  /** Where the count does not come from the samplings themselves: the CLI's running count, or an answer that is the gateway's own. */
  readonly countedBy?: 'token_count' | 'gateway';
  /** The gateway has ended the answer: at a stop sequence, at a limit of its length, behind its calls. */
  readonly cut?: 'stop' | 'length' | 'tools';
  /** There was a call more than are wanted. */
  readonly moreCalls?: true;
  /** Absent: nothing. */
  readonly sanitized?: Sanitized;
  /** Unix seconds. */
  readonly at: number;
}

/** As far as the provider has counted. */
export const countedUsage = (ending: Ending | null): Usage | null =>
  ending?.isEstimate === true ? null : (ending?.usage ?? null);

/** What clients are told about the failure of a log that ended with one. */
export const failureOf = (outcome: Outcome): Failure | null => {
  if (outcome.type === 'failed') return outcome.failure;
  return outcome.type === 'cancelled' ? { code: 'response_cancelled' } : null;
};
