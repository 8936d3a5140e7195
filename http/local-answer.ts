/**
 * An answer that the gateway gives by itself: no worker, no sign-in, no queue. It is a log like every other, written to its end at
 * once, so that whoever reads it cannot tell the difference.
 */

import type { Head } from '../actors/head.ts';
import { ResponseLog } from '../actors/log.ts';
import type { Clock, Ids } from '../actors/seams.ts';
import type { ResponseHandle } from '../actors/service.ts';
import type { JsonObject, Usage } from '../actors/turn.ts';
import type { Admission } from './admission.ts';
import type { Soon } from './soon.ts';

export interface LocalAnswer {
  readonly text: string;
  readonly usage: Usage;
}

/** Looks at the items of a conversation, which are well-formed. */
export type Interceptor = (items: readonly JsonObject[]) => Soon<LocalAnswer> | null;

/** Of an answer that has cost nothing. */
export const freeOfCharge: Usage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningOutputTokens: 0,
  totalTokens: 0,
};

export function localResponse(
  { model, echo, revealEncrypted }: Pick<Admission['request'], 'model' | 'echo' | 'revealEncrypted'>,
  { text, usage }: LocalAnswer,
  { clock, ids }: { readonly clock: Clock; readonly ids: Ids },
): ResponseHandle {
  const id = ids.response();
  const at = Math.floor(clock.now() / 1_000);
  const head: Head = { id, createdAt: at, model, echo, revealEncrypted };
  const log = new ResponseLog(head);
  log.begin();
  const item = log.openItem({ id: `msg_${id.replace(/^resp_/, '')}_0`, kind: 'message' });
  const part = log.openPart(item, 'text');
  log.append(part, text);
  log.closePart(part);
  log.closeItem(item);
  log.end({ outcome: { type: 'completed' }, usage, countedBy: 'gateway', at });
  return { id, log, read: () => () => {} };
}
