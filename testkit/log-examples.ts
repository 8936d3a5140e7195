/**
 * The worked examples of the wire contract as response logs: projected, each gives the bytes of one file in `fixtures/`.
 * They are written through the log's own API, so the order of its entries is part of what they show.
 */

import { type Echo, usualEcho } from '../actors/head.ts';
import { ResponseLog } from '../actors/log.ts';
import type { Item } from '../actors/log-entry.ts';
import type { Usage } from '../actors/turn.ts';
import type { ResponseId } from '../machines/ids.ts';
import { failed, type Outcome } from '../machines/outcome.ts';

export const defaultEcho: Echo = usualEcho;

export const emptyLog = (id: string, echo: Partial<Echo> = {}): ResponseLog =>
  new ResponseLog({
    id: id as ResponseId,
    createdAt: 1_790_000_000,
    model: 'gpt-5.4',
    echo: { ...defaultEcho, ...echo },
    revealEncrypted: true,
  });

export const usageOf = (inputTokens: number, outputTokens: number, reasoningOutputTokens = 0): Usage => ({
  inputTokens,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens,
  reasoningOutputTokens,
  totalTokens: inputTokens + outputTokens,
});

export const end = (log: ResponseLog, outcome: Outcome, usage: Usage | null, at = 1_790_000_003): ResponseLog => {
  log.end({ outcome, usage, at });
  return log;
};

export const completed: Outcome = { type: 'completed' };

/** Leaves part and item open. */
export const write = (log: ResponseLog, id: string, deltas: readonly string[], phase?: string): Item => {
  const item = log.openItem({ id, kind: 'message', ...(phase === undefined ? {} : { phase }) });
  const part = log.openPart(item, 'text');
  for (const delta of deltas) log.append(part, delta);
  return item;
};

export const close = (log: ResponseLog, item: Item, status: 'completed' | 'incomplete' = 'completed'): void => {
  for (const part of item.parts) log.closePart(part);
  log.closeItem(item, status);
};

export const say = (log: ResponseLog, id: string, deltas: readonly string[], phase?: string): void =>
  close(log, write(log, id, deltas, phase));

export const think = (log: ResponseLog, id: string, deltas: readonly string[], encrypted?: string): void => {
  const item = log.openItem({ id, kind: 'reasoning' });
  const part = log.openPart(item, 'summary');
  for (const delta of deltas) log.append(part, delta);
  log.closePart(part);
  if (encrypted !== undefined) item.encrypted = encrypted;
  log.closeItem(item);
};

/** `name` is the suffix of the item's and the call's id. */
export const call = (log: ResponseLog, name: string, deltas: readonly string[]): void => {
  const item = log.openItem({ id: `fc_${name}`, kind: 'function_call', callId: `call_${name}`, name: 'get_weather' });
  const part = log.openPart(item, 'arguments');
  for (const delta of deltas) log.append(part, delta);
  close(log, item);
};

const begun = (id: string, echo: Partial<Echo> = {}): ResponseLog => {
  const log = emptyLog(id, echo);
  log.begin();
  return log;
};

const workerExited = failed('worker_exited', 'The upstream worker stopped before the response was complete.');
const summaries = { reasoning: { effort: 'medium', summary: 'auto' } };

/** A: text. */
export const textLog = (id = 'resp_a1', deltas = ['Hello', ' wörld', ' 🚀']): ResponseLog => {
  const log = begun(id);
  say(log, id.replace('resp', 'msg'), deltas);
  return end(log, completed, usageOf(11, 4), 1_790_000_002);
};

/** B: a reasoning summary, then text. */
export const reasoningLog = (id = 'resp_b1'): ResponseLog => {
  const log = begun(id, summaries);
  think(log, 'rs_b1', ['**Checking', ' the units**'], 'gAAAAB…');
  say(log, 'msg_b1', ['42 km'], 'final_answer');
  return end(log, completed, usageOf(25, 40, 32));
};

/** C: two parallel calls; `tools` is the echo of the request. */
export const callsLog = (
  id: string,
  first: readonly string[],
  second: readonly string[],
  tools: Echo['tools'] = [],
) => {
  const log = begun(id, { tools });
  call(log, 'c1', first);
  call(log, 'c2', second);
  return end(log, completed, usageOf(58, 31));
};

/** One call, as the chat body shows it. */
export const callLog = (): ResponseLog => {
  const log = begun('resp_c1');
  call(log, 'c1', ['{"city":"Oslo"}']);
  return end(log, completed, usageOf(11, 4));
};

/** D: a failure after the first byte. */
export const failureLog = (id = 'resp_d1'): ResponseLog => {
  const log = begun(id);
  write(log, 'msg_d1', ['The answer']);
  return end(log, workerExited, null);
};

/** E: the output cap was reached. */
export const incompleteLog = (): ResponseLog => {
  const log = begun('resp_e1');
  close(log, write(log, 'msg_e1', ['The sea']), 'incomplete');
  return end(log, { type: 'incomplete', reason: 'max_output_tokens' }, usageOf(9, 2));
};
