// Streams that leave events out or add junk, but still complete. What the CLI makes of each is in the failure catalogue
// of the Codex contract; none of them may be mistaken for a failure.

import { message, type Omitted } from './items.ts';
import { pieces } from './pieces.ts';
import { sampled } from './scenarios-output.ts';
import { event, type Scenario, sseText, type Step } from './steps.ts';

function without(...omit: readonly Omitted[]): Scenario {
  return sampled((scene) => message(scene, { pieces: pieces(scene.params, scene.nowUs), omit }));
}

const text: Scenario = without();

// A second completed and a delta behind the first: everything after the first must be ignored.
function* twice(...[scene]: Parameters<Scenario>): Generator<Step> {
  yield* text(scene);
  const at = { item_id: scene.sampling.id('msg', 0), output_index: 0, content_index: 0 };
  yield event(scene.sampling.event('response.output_text.delta', { ...at, delta: 'LATE', logprobs: [] }));
  yield event(scene.sampling.completed());
}

function* between(steps: Iterable<Step>, junk: () => Step): Generator<Step> {
  for (const step of steps) {
    yield step;
    if (step.step === 'event' && step.event.type !== 'response.completed') yield junk();
  }
}

const broken = [
  'data: {"type":"response.output_text.delta","delta":\n\n',
  'event: response.output_text.delta\ndata: not json\n\n',
  ': only a comment\n\n',
  'event: response.output_text.delta\n\n',
  'data: {}\n\n',
  sseText({ type: 'response.output_text.delta', sequence_number: -1 }),
] as const;

export const gapScenarios: Readonly<Record<string, Scenario>> = {
  nodelta: without('delta'),
  noadded: without('added'),
  doneonly: without('added', 'delta'),
  deltasonly: without('added', 'done'),
  nodone: without('done'),
  twice,
  unknownevent: (scene) =>
    between(text(scene), () => event(scene.sampling.event('response.from_the_future', { payload: { deep: [1] } }))),
  malformed: (scene) => {
    let sent = 0;
    return between(text(scene), () => ({ step: 'raw', text: broken[sent++ % broken.length] ?? '' }));
  },
};
