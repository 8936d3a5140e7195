// The event sequences of call items: function, custom and web search calls.
// Invariant: the argument deltas join to exactly the string of the closing forms, valid JSON or not.

import { cutEvenly } from './pieces.ts';
import type { Json } from './request.ts';
import { event, type Scene, type Step, wait } from './steps.ts';

export type Call = { readonly name: string; readonly args: string; readonly namespace?: string | undefined };

function* streamedCall(
  scene: Scene,
  base: (index: number) => Json,
  field: string,
  text: string,
  family: string,
): Generator<Step> {
  const { sampling, params } = scene;
  const index = sampling.openItem();
  const item = base(index);
  const at = { item_id: item['id'], output_index: index };
  const added = { ...item, status: 'in_progress', [field]: '' };
  yield event(sampling.event('response.output_item.added', { output_index: index, item: added }));
  for (const delta of cutEvenly(text, 4)) {
    yield* wait(params.int('delay'));
    yield event(sampling.delta(`response.${family}.delta`, { ...at, delta }));
  }
  yield event(sampling.event(`response.${family}.done`, { ...at, [field]: text }));
  const done = sampling.closeItem({ ...item, status: 'completed', [field]: text });
  yield event(sampling.event('response.output_item.done', { output_index: index, item: done }));
}

export function functionCall(scene: Scene, call: Call): Iterable<Step> {
  const base = (index: number): Json => ({
    id: scene.sampling.id('fc', index),
    type: 'function_call',
    call_id: scene.sampling.id('call', index),
    name: call.name,
    ...(call.namespace === undefined ? {} : { namespace: call.namespace }),
  });
  return streamedCall(scene, base, 'arguments', call.args, 'function_call_arguments');
}

export function customCall(scene: Scene, name: string, input: string): Iterable<Step> {
  const base = (index: number): Json => ({
    id: scene.sampling.id('ctc', index),
    type: 'custom_tool_call',
    call_id: scene.sampling.id('call', index),
    name,
  });
  return streamedCall(scene, base, 'input', input, 'custom_tool_call_input');
}

export function* webSearch(scene: Scene, query: string): Generator<Step> {
  const { sampling } = scene;
  const index = sampling.openItem();
  const base = { id: sampling.id('ws', index), type: 'web_search_call' };
  const at = { item_id: base.id, output_index: index };
  const added = { ...base, status: 'in_progress' };
  yield event(sampling.event('response.output_item.added', { output_index: index, item: added }));
  for (const phase of ['in_progress', 'searching', 'completed']) {
    yield event(sampling.event(`response.web_search_call.${phase}`, at));
  }
  const item = sampling.closeItem({ ...base, status: 'completed', action: { type: 'search', query } });
  yield event(sampling.event('response.output_item.done', { output_index: index, item }));
}
