/** The readers of items and of usage against schemas that say the same: for whatever JSON there is, they read alike. */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import type { JsonObject } from '../actors/turn.ts';
import { readNotification } from './codex-events.ts';
import type { Read } from './codex-items.ts';
import { isTooDeep, type Members } from './json.ts';

type Reader = (params: Members) => Read;

const phase = z.string().nullish();
const started = z.object({ item: z.looseObject({ type: z.string(), id: z.string().optional(), phase }) });
/** The worker's own data about an item. */
const metadata = z.record(z.string(), z.unknown()).nullish().catch(null);
const closed = z.object({
  item: z.object({
    type: z.string(),
    id: z.string().optional(),
    text: z.string().optional(),
    summary: z.array(z.unknown()).optional(),
    metadata,
  }),
});
const rawPart = z.object({ type: z.string(), annotations: z.array(z.record(z.string(), z.json())).nullish() });
const raw = z.object({
  item: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('message'),
      id: z.string().nullish(),
      role: z.string(),
      phase,
      content: z.array(rawPart).nullish(),
      metadata,
    }),
    z.object({ type: z.literal('reasoning'), id: z.string().nullish(), encrypted_content: z.string().nullish() }),
    z.object({
      type: z.literal('function_call'),
      id: z.string().nullish(),
      call_id: z.string(),
      name: z.string(),
      arguments: z.string(),
    }),
    z.object({
      type: z.literal('custom_tool_call'),
      id: z.string().nullish(),
      call_id: z.string(),
      name: z.string(),
      input: z.string(),
    }),
  ]),
});
const rawKinds = new Set(['message', 'reasoning', 'function_call', 'custom_tool_call']);
const tokens = z.int().nonnegative().catch(0).default(0);
const counts = z.object({
  inputTokens: tokens,
  cachedInputTokens: tokens,
  cacheWriteInputTokens: tokens,
  outputTokens: tokens,
  reasoningOutputTokens: tokens,
  totalTokens: tokens,
});
const sampled = z.object({ usage: counts.nullish(), responseId: z.string().optional().catch(undefined) });
const used = z.object({ tokenUsage: z.object({ total: counts }) });
const namesIn = (item: {
  readonly metadata?: object | null | undefined;
}): { readonly metadata?: readonly string[] } => {
  const names = Object.keys(item.metadata ?? {});
  return names.length === 0 ? {} : { metadata: names };
};

const itemStarted: Reader = (params) => {
  const { data } = started.safeParse(params);
  if (data === undefined) return 'invalid';
  const { type, id = '', phase: name } = data.item;
  const named = typeof name === 'string' ? { phase: name } : {};
  if (type === 'agentMessage') return { type: 'item.opened', item: id, kind: 'message', ...named };
  return type === 'reasoning' ? { type: 'item.opened', item: id, kind: 'reasoning' } : null;
};

const itemCompleted: Reader = (params) => {
  const { data } = closed.safeParse(params);
  if (data === undefined) return 'invalid';
  const { type, id = '', text, summary } = data.item;
  if (type === 'agentMessage')
    return { type: 'item.closed', item: id, kind: 'message', text: text ?? '', ...namesIn(data.item) };
  if (type !== 'reasoning') return null;
  const parts = (summary ?? []).filter((part) => typeof part === 'string');
  return { type: 'item.closed', item: id, kind: 'reasoning', text: parts.join('\n\n') };
};

const rawItem: Reader = (params) => {
  if (isTooDeep(params)) return 'invalid';
  const kind = (params['item'] as { type?: unknown } | null | undefined)?.type;
  if (typeof kind !== 'string') return 'invalid';
  // Hosted calls have no event; outputs, instructions and notes of the CLI are not the model's.
  if (!rawKinds.has(kind)) return null;
  const { data } = raw.safeParse(params);
  if (data === undefined) return 'invalid';
  const { item } = data;
  if (item.type === 'message') {
    if (item.role !== 'assistant') return null;
    const annotations = (item.content ?? []).flatMap((part) => (part.annotations ?? []) as JsonObject[]);
    const named = typeof item.phase === 'string' ? { phase: item.phase } : {};
    return { type: 'item.final', item: item.id ?? '', kind: 'message', annotations, ...named, ...namesIn(item) };
  }
  if (item.type === 'reasoning') {
    const encrypted = typeof item.encrypted_content === 'string' ? { encrypted: item.encrypted_content } : {};
    return { type: 'item.final', item: item.id ?? '', kind: 'reasoning', annotations: [], ...encrypted };
  }
  return {
    type: 'call.requested',
    item: item.id ?? item.call_id,
    kind: item.type,
    callId: item.call_id,
    name: item.name,
    arguments: item.type === 'function_call' ? item.arguments : item.input,
  };
};

const sampling: Reader = (params) => {
  const { data } = sampled.safeParse(params);
  const named = data?.responseId === undefined ? {} : { sampling: data.responseId };
  return { type: 'sampling.completed', usage: data?.usage ?? null, ...named };
};
const usage: Reader = (params) => {
  const { data } = used.safeParse(params);
  return data === undefined ? 'invalid' : { type: 'usage.observed', total: data.tokenUsage.total };
};

const text = fc.constantFrom('', 'a', 'msg_1', 'commentary', 'assistant', 'user');
const junk = fc.oneof(
  { withCrossShrink: true },
  fc.json({ maxDepth: 2 }).map((json) => JSON.parse(json) as unknown),
  fc.constantFrom(null, 7, -0, -1, 1.5, 2 ** 53, Infinity, '', [], {}, JSON.parse('{"__proto__":1,"constructor":{}}')),
);
/** Of what it copies zod leaves that key out, and nobody reads it. */
const member = junk.filter((value) => JSON.stringify(value)?.includes('__proto__') !== true);
/** Mostly as it should be; now and then missing, or anything. */
const mostly = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { arbitrary: usual, weight: 8 },
    { arbitrary: junk, weight: 1 },
    { arbitrary: fc.constant(undefined), weight: 2 },
  );
const objectOf = (members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  mostly(
    fc
      .record(Object.fromEntries(Object.entries(members).map(([key, usual]) => [key, mostly(usual)])))
      .map((given) => Object.fromEntries(Object.entries(given).filter(([, member]) => member !== undefined))),
  );
const annotation = fc.oneof({ arbitrary: fc.dictionary(text, member), weight: 8 }, { arbitrary: member, weight: 1 });
const parts = fc.array(objectOf({ type: text, text, annotations: fc.array(annotation, { maxLength: 2 }) }), {
  maxLength: 2,
});
const item = objectOf({
  type: fc.constantFrom('agentMessage', 'reasoning', 'message', 'function_call', 'custom_tool_call', 'other'),
  id: text,
  role: fc.constantFrom('assistant', 'assistant', 'user'),
  phase: text,
  text,
  summary: fc.array(mostly(text), { maxLength: 3 }),
  content: parts,
  metadata: fc.dictionary(text, member),
  encrypted_content: text,
  call_id: text,
  name: text,
  arguments: text,
  input: text,
});
const numbers = objectOf(Object.fromEntries(Object.keys(counts.shape).map((key) => [key, fc.nat()])));

test.for([
  ['item/started', itemStarted],
  ['item/completed', itemCompleted],
  ['rawResponseItem/completed', rawItem],
  ['rawResponse/completed', sampling],
  ['thread/tokenUsage/updated', usage],
] as const)('%s is read as its schema reads it', ([method, reference]) => {
  const params = objectOf({ item, usage: numbers, responseId: text, tokenUsage: objectOf({ total: numbers }) });
  fc.assert(
    fc.property(params, (given) => {
      const members = (typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {}) as Members;
      const read = readNotification(method, members, { quota: () => undefined, signsIn: true });
      expect(read).toStrictEqual(reference(members));
    }),
    { numRuns: 1_500 },
  );
});
