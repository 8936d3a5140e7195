/**
 * Arbitrary response logs: every kind of item, part and outcome, texts with everything that JSON, SSE and UTF-8 can trip
 * over. A log is grown step by step, so a test can also read it while it grows.
 */

import * as fc from 'fast-check';
import type { ResponseLog } from '../actors/log.ts';
import type { Item, Part, PartKind } from '../actors/log-entry.ts';
import type { Usage } from '../actors/turn.ts';
import type { FailureCode, Outcome } from '../machines/outcome.ts';
import { emptyLog, end } from './log-examples.ts';

interface PartPlan {
  readonly kind: PartKind;
  readonly deltas: readonly string[];
  readonly annotations: number;
}

interface ItemPlan {
  readonly kind: Item['kind'];
  readonly parts: readonly PartPlan[];
  readonly phase: string | undefined;
  readonly latePhase: string | undefined;
  readonly encrypted: string | undefined;
}

export interface LogPlan {
  readonly queued: boolean;
  readonly items: readonly ItemPlan[];
  readonly outcome: Outcome;
  /** With a failure: how much of the last item is missing, from nothing to all but its announcement. */
  readonly missing: 'nothing' | 'item.done' | 'part.done' | 'parts';
  readonly usage: Usage | null;
}

const awkward = Array.from('"\\\n\r\u0000\u001f\u007f\u2028\u2029é😀');
const delta = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' }),
  fc.string({ minLength: 1, maxLength: 6, unit: 'binary' }),
  fc.constantFrom(...awkward, '👩‍👩‍👧', '\ud800', 'data: [DONE]\n\n'),
);
const deltas = fc.array(delta, { maxLength: 6 });

const part = (kind: PartKind): fc.Arbitrary<PartPlan> =>
  fc.record({ kind: fc.constant(kind), deltas, annotations: kind === 'text' ? fc.nat(2) : fc.constant(0) });

/** Cuts between code points, so each delta stands for itself. */
const cut = (text: string, size: number): string[] => {
  const points = Array.from(text);
  const pieces: string[] = [];
  for (let at = 0; at < points.length; at += size) pieces.push(points.slice(at, at + size).join(''));
  return pieces;
};

const json = fc
  .tuple(fc.dictionary(delta, delta, { maxKeys: 3 }), fc.integer({ min: 1, max: 9 }))
  .map(([object, size]) => cut(JSON.stringify(object), size));

const phase = fc.option(fc.constantFrom('commentary', 'final_answer'), { nil: undefined });
const none = fc.constant(undefined);
const item = (kind: Item['kind'], parts: fc.Arbitrary<readonly PartPlan[]>): fc.Arbitrary<ItemPlan> =>
  fc.record({
    kind: fc.constant(kind),
    parts,
    phase: kind === 'message' ? phase : none,
    latePhase: kind === 'message' ? phase : none,
    encrypted: kind === 'reasoning' ? fc.option(fc.stringMatching(/^[\w+/=]{1,20}$/), { nil: undefined }) : none,
  });

const single = (kind: PartKind, texts: fc.Arbitrary<readonly string[]>): fc.Arbitrary<readonly PartPlan[]> =>
  texts.map((pieces) => [{ kind, deltas: pieces, annotations: 0 }]);

const anyItem = fc.oneof(
  {
    weight: 4,
    arbitrary: item('message', fc.array(fc.oneof(part('text'), part('refusal')), { minLength: 1, maxLength: 3 })),
  },
  { weight: 2, arbitrary: item('reasoning', fc.array(part('summary'), { maxLength: 3 })) },
  { weight: 2, arbitrary: item('function_call', single('arguments', json)) },
  { weight: 1, arbitrary: item('custom_tool_call', single('input', fc.array(delta, { minLength: 1, maxLength: 4 }))) },
);

const codes: readonly FailureCode[] = [
  'worker_exited',
  'idle_timeout',
  'upstream_error',
  'rate_limit_exceeded',
  'internal_error',
];
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Outcome>({ type: 'completed' }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Outcome>(
      { type: 'incomplete', reason: 'max_output_tokens' },
      { type: 'incomplete', reason: 'content_filter' },
    ),
  },
  { weight: 1, arbitrary: fc.constant<Outcome>({ type: 'cancelled' }) },
  {
    weight: 2,
    arbitrary: fc.record({ code: fc.constantFrom(...codes) }).map((failure): Outcome => ({ type: 'failed', failure })),
  },
);

const usage: fc.Arbitrary<Usage> = fc
  .tuple(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 1e9 }), fc.nat(100), fc.nat(100))
  .map(([input, output, cached, reasoning]) => ({
    inputTokens: input,
    cachedInputTokens: Math.min(input, cached),
    cacheWriteInputTokens: 0,
    outputTokens: output,
    reasoningOutputTokens: Math.min(output, reasoning),
    totalTokens: input + output,
  }));

export const logPlan: fc.Arbitrary<LogPlan> = fc.record({
  queued: fc.boolean(),
  items: fc.array(anyItem, { minLength: 1, maxLength: 5 }),
  outcome,
  missing: fc.constantFrom('nothing', 'item.done', 'part.done', 'parts'),
  usage: fc.option(usage),
});

const fill = (log: ResponseLog, opened: Part, plan: PartPlan): void => {
  for (const piece of plan.deltas) log.append(opened, piece);
  for (let index = 0; index < plan.annotations; index++) {
    log.annotate(opened, {
      type: 'url_citation',
      url: 'https://a.example',
      title: `"${index}"`,
      start_index: 0,
      end_index: 0,
    });
  }
};

function* grow(
  log: ResponseLog,
  plan: ItemPlan,
  number: number,
  cutAt: LogPlan['missing'],
  status: 'completed' | 'incomplete',
) {
  const called = plan.kind.endsWith('_call')
    ? { callId: `call_${number}`, name: 'get "it"', ...(number % 2 === 0 ? {} : { namespace: 'n' }) }
    : {};
  const announced = plan.phase === undefined ? {} : { phase: plan.phase };
  const prefix = { message: 'msg', reasoning: 'rs', function_call: 'fc', custom_tool_call: 'ctc' }[plan.kind];
  const opened = log.openItem({ id: `${prefix}_${number}`, kind: plan.kind, ...called, ...announced });
  yield;
  if (cutAt === 'parts') return;
  for (const [index, planned] of plan.parts.entries()) {
    const grown = log.openPart(opened, planned.kind);
    fill(log, grown, planned);
    yield;
    if (cutAt === 'part.done' && index === plan.parts.length - 1) return;
    log.closePart(grown);
    yield;
  }
  if (cutAt === 'item.done') return;
  // The provider's own last word on an item may name its phase only now.
  if (opened.phase === undefined && plan.latePhase !== undefined) opened.phase = plan.latePhase;
  if (plan.encrypted !== undefined) opened.encrypted = plan.encrypted;
  log.closeItem(opened, status);
  yield;
}

/** Grows the log in batches; each `yield` is the end of one. */
export function* growing(plan: LogPlan): Generator<ResponseLog, ResponseLog> {
  const log = emptyLog('resp_property', { background: plan.queued, metadata: { 'a"b': '\u2028😀' } });
  log.begin(plan.queued);
  yield log;
  const broken = plan.outcome.type === 'failed' || plan.outcome.type === 'cancelled';
  for (const [number, planned] of plan.items.entries()) {
    const isLast = number === plan.items.length - 1;
    const missing = broken && isLast ? plan.missing : 'nothing';
    const status = isLast && plan.outcome.type === 'incomplete' ? 'incomplete' : 'completed';
    for (const _ of grow(log, planned, number, missing, status)) yield log;
  }
  end(log, plan.outcome, plan.usage);
  yield log;
  return log;
}

export const grown = (plan: LogPlan): ResponseLog => {
  const batches = growing(plan);
  for (let batch = batches.next(); ; batch = batches.next()) if (batch.done === true) return batch.value;
};
