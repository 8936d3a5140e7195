/** One response as its client saw it: what was asked for, when what happened, and what came. */

import type { ResponseHandle } from '../../actors/service.ts';
import type { Lease } from '../../machines/ids.ts';
import type { MemoryProcess } from '../world/memory-process.ts';
import type { OutcomeName, TurnPlan } from './turns.ts';

export interface Guest {
  readonly tag: string;
  readonly plan: TurnPlan;
  readonly handle: ResponseHandle;
  readonly openedAt: number;
  /** When a lease was asked for, for the last time. */
  requestedAt: number;
  grantedAt: number | null;
  lease: Lease | null;
  process: MemoryProcess | null;
  /** The client went away before the end. */
  leftAt: number | null;
  /** The last time that something of the answer came. */
  grewAt: number | null;
  endedAt: number | null;
  /** Entries of the log when it ended. */
  length: number;
  /** The process said that the turn is over, or that the model is done. */
  finishedAt: number | null;
  sampledAt: number | null;
  threadId: string | null;
}

export const outcomeOf = ({ handle }: Guest): OutcomeName | null => {
  const outcome = handle.log.ending?.outcome;
  if (outcome === undefined) return null;
  return outcome.type === 'failed' ? outcome.failure.code : outcome.type;
};

const unescaped = (escaped: string): string => JSON.parse(`"${escaped}"`) as string;

/** Messages and calls of the log, in order. */
export const saidTo = ({ handle: { log } }: Guest): { readonly messages: string[]; readonly calls: string[] } => {
  const messages: string[] = [];
  const calls: string[] = [];
  for (const item of log.items) {
    if (item.kind === 'reasoning') continue;
    const text = item.parts.map((part) => unescaped(log.escapedText(part))).join('');
    (item.kind === 'message' ? messages : calls).push(text);
  }
  return { messages, calls };
};
