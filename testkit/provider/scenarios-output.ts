// The well-behaved scenarios: text, reasoning, tools, odd but legal outputs.
// Invariant: each is created -> in progress -> items -> completed, and ends the HTTP response properly.

import { customCall, functionCall, webSearch } from './items-calls.ts';
import { reasoning } from './items-reasoning.ts';
import { message, refusal } from './items.ts';
import { pieces } from './pieces.ts';
import { ScenarioError } from './params.ts';
import { type Json, textParts } from './request.ts';
import { sampleOf } from './sample.ts';
import { event, type Scenario, type Scene, type Step, wait } from './steps.ts';

/** Wraps items into a complete sampling; `usage: null` leaves the usage out. */
export function sampled(items: Scenario, usage?: null): Scenario {
  return function* (scene) {
    yield event(scene.sampling.created());
    yield event(scene.sampling.inProgress());
    yield* wait(scene.params.int('first'));
    yield* items(scene);
    yield event(usage === null ? scene.sampling.completed(null) : scene.sampling.completed());
  };
}

export function* answer(scene: Scene): Generator<Step> {
  const phases = scene.params.has('msgs') ? scene.params.list('msgs') : ['none'];
  for (const phase of phases) {
    const text = pieces(scene.params, scene.nowUs);
    yield* message(scene, { pieces: text, phase: phase === 'none' ? undefined : phase });
  }
}

/** Every delta names its sampling and its place, so that answers to one question can be told apart: `signature()`. */
function signed(scene: Scene): Iterable<Step> {
  const deltas = Array.from(
    { length: scene.params.int('n') ?? 4 },
    (_, place) => `${scene.sampling.id('part', place)} `,
  );
  return message(scene, { pieces: deltas });
}

function* thinkThenAnswer(scene: Scene): Generator<Step> {
  yield* reasoning(scene);
  yield* answer(scene);
}

// Without parameters the calls go round the offered tools with arguments that fit their schemas.
function* toolCalls(scene: Scene): Generator<Step> {
  const { params, request } = scene;
  const say = params.text('say');
  if (say !== undefined) yield* message(scene, { pieces: [say] });
  const names = params.list('name');
  for (let i = 0; i < (params.int('calls') ?? 1); i += 1) {
    const named = params.text(`name${i}`) ?? names[i % names.length];
    const tool =
      request.tools.find((one) => one.name === named) ??
      (named === undefined ? request.tools[i % request.tools.length] : undefined);
    const name = named ?? tool?.name;
    if (name === undefined) throw new ScenarioError('tool: no tool was offered and no name= was given');
    const args = params.text(`args${i}`) ?? params.text('args') ?? JSON.stringify(sampleOf(tool?.parameters ?? {}));
    yield* functionCall(scene, { name, args, namespace: params.text('namespace') ?? tool?.namespace });
  }
}

function* customTool(scene: Scene): Generator<Step> {
  const input = scene.params.text('input') ?? 'print("hello")';
  yield* customCall(scene, scene.params.text('name') ?? 'custom_tool', input);
}

function* searchThenAnswer(scene: Scene): Generator<Step> {
  const url = scene.params.text('url') ?? 'https://example.com/';
  yield* webSearch(scene, scene.params.text('query') ?? 'hello world');
  const citation = { type: 'url_citation', start_index: 0, end_index: 5, url, title: 'Example' };
  yield* message(scene, { pieces: pieces(scene.params, scene.nowUs), annotations: [citation] });
}

function refuse(scene: Scene): Iterable<Step> {
  return refusal(scene, scene.params.text('text') ?? 'I cannot help with that.');
}

export const outputScenarios: Readonly<Record<string, Scenario>> = {
  text: sampled(answer),
  signed: sampled(signed),
  reason: sampled(thinkThenAnswer),
  tool: sampled(toolCalls),
  customtool: sampled(customTool),
  websearch: sampled(searchThenAnswer),
  refusal: sampled(refuse),
  empty: sampled(() => []),
  nousage: sampled(answer, null),
};

/** What the last tool outputs said, for answers that quote them. */
export function lastOutputs(input: readonly Json[]): readonly string[] {
  const outputs: string[] = [];
  for (const item of input.toReversed()) {
    if (!String(item['type']).endsWith('_call_output')) break;
    outputs.unshift(textParts(item).join(' '));
  }
  return outputs;
}
