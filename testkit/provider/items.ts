// The event sequences of single output items, in the order OpenAI sends them.
// Invariant: unless events are left out on purpose, every item is added, filled, closed, and its closing forms repeat
// exactly what the deltas said.

import { cutEvenly } from './pieces.ts';
import type { Json } from './request.ts';
import { barrier, event, type Scene, type Step, wait } from './steps.ts';

export type Omitted = 'added' | 'delta' | 'done';

export type MessageOptions = {
  readonly pieces: Iterable<string>;
  readonly phase?: string | undefined;
  readonly omit?: readonly Omitted[];
  readonly annotations?: readonly Json[];
};

export function* message(scene: Scene, options: MessageOptions): Generator<Step> {
  const { sampling, params } = scene;
  const sends = (kind: Omitted): boolean => options.omit?.includes(kind) !== true;
  const index = sampling.openItem();
  const id = sampling.id('msg', index);
  const at = { item_id: id, output_index: index, content_index: 0 };
  const base = {
    id,
    type: 'message',
    role: 'assistant',
    ...(options.phase === undefined ? {} : { phase: options.phase }),
  };
  const annotations = options.annotations ?? [];
  if (sends('added')) {
    const item = { ...base, status: 'in_progress', content: [] };
    yield event(sampling.event('response.output_item.added', { output_index: index, item }));
    const part = { type: 'output_text', text: '', annotations: [] };
    yield event(sampling.event('response.content_part.added', { ...at, part }));
  }
  let text = '';
  let sent = 0;
  for (const piece of options.pieces) {
    text += piece;
    if (sends('delta')) {
      if (sent > 0) yield* wait(params.int('delay'));
      if (sent === (params.int('at') ?? 0)) yield* barrier(params, 'barrier');
      yield event(sampling.delta('response.output_text.delta', { ...at, delta: piece, logprobs: [] }));
    }
    sent += 1;
  }
  // Without logprobs: the CLI hands the part on as it is, and its documented lines have none.
  const part = { type: 'output_text', text, annotations };
  const item = sampling.closeItem({ ...base, status: 'completed', content: [part] });
  if (!sends('done')) return;
  for (const [annotationIndex, annotation] of annotations.entries()) {
    const fields = { ...at, annotation_index: annotationIndex, annotation };
    yield event(sampling.event('response.output_text.annotation.added', fields));
  }
  // Without an added item the closing forms of its parts would refer to nothing.
  if (sends('added')) {
    yield event(sampling.event('response.output_text.done', { ...at, text, logprobs: [] }));
    yield event(sampling.event('response.content_part.done', { ...at, part }));
  }
  yield event(sampling.event('response.output_item.done', { output_index: index, item }));
}

export function* refusal(scene: Scene, text: string): Generator<Step> {
  const { sampling } = scene;
  const index = sampling.openItem();
  const id = sampling.id('msg', index);
  const at = { item_id: id, output_index: index, content_index: 0 };
  const base = { id, type: 'message', role: 'assistant' };
  const added = { ...base, status: 'in_progress', content: [] };
  yield event(sampling.event('response.output_item.added', { output_index: index, item: added }));
  yield event(sampling.event('response.content_part.added', { ...at, part: { type: 'refusal', refusal: '' } }));
  for (const delta of cutEvenly(text, 3)) yield event(sampling.delta('response.refusal.delta', { ...at, delta }));
  const part = { type: 'refusal', refusal: text };
  yield event(sampling.event('response.refusal.done', { ...at, refusal: text }));
  yield event(sampling.event('response.content_part.done', { ...at, part }));
  const item = sampling.closeItem({ ...base, status: 'completed', content: [part] });
  yield event(sampling.event('response.output_item.done', { output_index: index, item }));
}
