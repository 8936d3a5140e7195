// Failures during or before a stream: error events, length limit, lost connections, silence.
// Invariant: none of them sends `response.completed`, except `slowheaders`, which is only late.

import { message } from './items.ts';
import { type Params, ScenarioError } from './params.ts';
import { pieces, take } from './pieces.ts';
import { answer, sampled } from './scenarios-output.ts';
import { event, type Scenario, type Scene, type Step } from './steps.ts';

// Time for the bytes already written to be read: a reset discards what its receiver has not read yet.
const settleMs = 50;

function* begun(scene: Scene): Generator<Step> {
  yield event(scene.sampling.created());
  yield event(scene.sampling.inProgress());
}

function* partly(scene: Scene, n: number, finished: boolean): Generator<Step> {
  const count = scene.params.int('n') ?? n;
  if (count === 0 && !finished) return;
  const text = take(pieces(scene.params, scene.nowUs), count);
  yield* message(scene, { pieces: text, omit: finished ? [] : ['done'] });
}

function how(params: Params): 'fin' | 'rst' {
  const value = params.text('how') ?? 'fin';
  if (value !== 'fin' && value !== 'rst') throw new ScenarioError(`how must be fin or rst, not ${value}`);
  return value;
}

function* failed(scene: Scene): Generator<Step> {
  yield* begun(scene);
  yield* partly(scene, 0, scene.params.flag('done'));
  const message = scene.params.text('message') ?? 'the model failed';
  yield event(scene.sampling.failed(scene.params.text('code') ?? 'server_error', message));
}

function* errorEvent(scene: Scene): Generator<Step> {
  yield* begun(scene);
  yield* partly(scene, 0, scene.params.flag('done'));
  const code = scene.params.text('code') ?? 'server_error';
  const message = scene.params.text('message') ?? 'the stream failed';
  yield event(scene.sampling.event('error', { code, message, param: null }));
}

function* incomplete(scene: Scene): Generator<Step> {
  yield* begun(scene);
  yield* partly(scene, 2, true);
  yield event(scene.sampling.incomplete(scene.params.text('reason') ?? 'max_output_tokens'));
}

function* cut(scene: Scene): Generator<Step> {
  const ending = how(scene.params);
  yield* begun(scene);
  yield* partly(scene, 2, scene.params.flag('done'));
  yield { step: 'wait', ms: settleMs };
  yield { step: 'break', how: ending };
}

function* noTerminal(scene: Scene): Generator<Step> {
  yield* begun(scene);
  yield* partly(scene, 2, scene.params.flag('done'));
}

function* hang(scene: Scene): Generator<Step> {
  yield* begun(scene);
  yield { step: 'hang' };
}

function* hangMid(scene: Scene): Generator<Step> {
  yield* begun(scene);
  yield* partly(scene, 2, scene.params.flag('done'));
  yield { step: 'hang' };
}

function* slowHeaders(scene: Scene): Generator<Step> {
  yield { step: 'wait', ms: scene.params.int('ms') ?? 1000 };
  yield* sampled(answer)(scene);
}

export const faultScenarios: Readonly<Record<string, Scenario>> = {
  failed,
  errorevent: errorEvent,
  incomplete,
  cut,
  noterminal: noTerminal,
  hang,
  hangheaders: () => [{ step: 'hang' }],
  hangmid: hangMid,
  slowheaders: slowHeaders,
  reset: () => [{ step: 'break', how: 'rst' }],
  closeearly: () => [{ step: 'break', how: 'fin' }],
};
