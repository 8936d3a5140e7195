// The event sequence of a reasoning item: summary parts, optionally the raw chain of thought, encrypted content.
// Invariant: summary and content indexes are gap-free from 0.

import type { Json } from './request.ts';
import { event, type Scene, type Step, wait } from './steps.ts';

const summaryDeltas = ['**Greeting**', '\n\n', 'A short ', 'greeting.'] as const;
const thoughtDeltas = ['I should ', 'greet ', 'the user.'] as const;

function* summaryPart(scene: Scene, at: Json, index: number): Generator<Step> {
  const { sampling, params } = scene;
  const place = { ...at, summary_index: index };
  const text = summaryDeltas.join('');
  const part = { type: 'summary_text', text: '' };
  yield event(sampling.event('response.reasoning_summary_part.added', { ...place, part }));
  for (const delta of summaryDeltas) {
    yield* wait(params.int('delay'));
    yield event(sampling.delta('response.reasoning_summary_text.delta', { ...place, delta }));
  }
  yield event(sampling.event('response.reasoning_summary_text.done', { ...place, text }));
  yield event(sampling.event('response.reasoning_summary_part.done', { ...place, part: { ...part, text } }));
}

function* rawThought(scene: Scene, at: Json): Generator<Step> {
  const { sampling } = scene;
  const place = { ...at, content_index: 0 };
  for (const delta of thoughtDeltas) {
    yield event(sampling.delta('response.reasoning_text.delta', { ...place, delta }));
  }
  yield event(sampling.event('response.reasoning_text.done', { ...place, text: thoughtDeltas.join('') }));
}

export function* reasoning(scene: Scene): Generator<Step> {
  const { sampling, params, request } = scene;
  const index = sampling.openItem();
  const id = sampling.id('rs', index);
  const at = { item_id: id, output_index: index };
  const encrypted = params.text('enc') ?? `ENC_${id}`;
  const wanted = params.text('summary') ?? 'asked';
  const parts = wanted === 'always' || (wanted === 'asked' && request.wantsSummary) ? (params.int('parts') ?? 1) : 0;
  const base = { id, type: 'reasoning', encrypted_content: encrypted === 'none' ? null : encrypted };
  const added = { ...base, summary: [], ...(params.flag('raw') ? { content: [] } : {}) };
  yield event(sampling.event('response.output_item.added', { output_index: index, item: added }));
  for (let part = 0; part < parts; part += 1) yield* summaryPart(scene, at, part);
  if (params.flag('raw')) yield* rawThought(scene, at);
  const item = sampling.closeItem({
    ...base,
    summary: Array.from({ length: parts }, () => ({ type: 'summary_text', text: summaryDeltas.join('') })),
    ...(params.flag('raw') ? { content: [{ type: 'reasoning_text', text: thoughtDeltas.join('') }] } : {}),
  });
  yield event(sampling.event('response.output_item.done', { output_index: index, item }));
}
