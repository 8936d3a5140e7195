// Scenarios for sizes and fidelity: `big` sends huge deltas or reports a huge input, `echo` answers with a digest.
// Invariant: the answer is a pure function of the request, so a test knows it without having seen it.

import { digestInput } from './digest.ts';
import { message } from './items.ts';
import { cutEvenly, fillerText } from './pieces.ts';
import { sampled } from './scenarios-output.ts';
import type { Scenario, Scene, Step } from './steps.ts';

function* copies(scene: Scene): Generator<string> {
  const delta = fillerText(scene.params.int('size') ?? 1_000_000);
  for (let i = 0; i < (scene.params.int('n') ?? 1); i += 1) yield delta;
}

// One delta of 1 MB by default; n=40 makes the closing lines 40 MB long.
function big(scene: Scene): Iterable<Step> {
  if (!scene.params.flag('check')) return message(scene, { pieces: copies(scene) });
  const { chars, sha256, items } = digestInput(scene.request);
  return message(scene, { pieces: [JSON.stringify({ chars, sha256, items: items.length })] });
}

function echo(scene: Scene): Iterable<Step> {
  const text = JSON.stringify(digestInput(scene.request));
  return message(scene, { pieces: cutEvenly(text, scene.params.int('n') ?? 1) });
}

export const limitScenarios: Readonly<Record<string, Scenario>> = { big: sampled(big), echo: sampled(echo) };
