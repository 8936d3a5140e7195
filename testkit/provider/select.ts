// Chooses the scenario of a request: by model slug, else by the last marker in the input, else the default.
// Invariant: the choice depends on the request and on one attempt number per key, so concurrent turns cannot disturb
// each other.

import type { Params } from './params.ts';
import { isOutput, isUser, type Json, type ModelRequest, textParts } from './request.ts';
import { findMarker, parseSpec, type Spec } from './scenario.ts';

export type Selected = {
  readonly spec: Spec;
  /** Groups of tool outputs since the scenario was asked for, 0 unless the input ends with one. */
  readonly round: number;
};

export type SelectOptions = {
  readonly defaultScenario: string;
  /** Spec by model slug, for slugs that are not `test-<scenario>`. */
  readonly modelScenarios: Readonly<Record<string, string>>;
};

function roundsAfter(input: readonly Json[], start: number): number {
  if (!isOutput(input.at(-1))) return 0;
  let rounds = 0;
  for (let i = Math.max(0, start); i < input.length; i += 1) {
    if (isOutput(input[i]) && !isOutput(input[i + 1])) rounds += 1;
  }
  return rounds;
}

function byModel(model: string, options: SelectOptions): Spec | undefined {
  if (Object.hasOwn(options.modelScenarios, model)) return parseSpec(options.modelScenarios[model] ?? '');
  return model.startsWith('test-') ? parseSpec(model.slice('test-'.length)) : undefined;
}

export function select(request: ModelRequest, options: SelectOptions): Selected {
  const { input } = request;
  const spec = byModel(request.model, options);
  if (spec !== undefined) return { spec, round: roundsAfter(input, input.findLastIndex(isUser)) };
  for (let i = input.length - 1; i >= 0; i -= 1) {
    const item = input[i];
    if (item === undefined || !isUser(item)) continue;
    for (const part of textParts(item).toReversed()) {
      const found = findMarker(part);
      if (found !== undefined) return { spec: found, round: roundsAfter(input, i) };
    }
  }
  return { spec: parseSpec(options.defaultScenario), round: roundsAfter(input, input.findLastIndex(isUser)) };
}

export function attemptKey(request: ModelRequest, params: Params): string {
  return params.text('key') ?? request.threadKey;
}

/** The scenario of this sampling: `then` takes over after `times` attempts and after tool outputs; later `text`. */
export function nameFor(selected: Selected, attempt: number): string {
  const { spec, round } = selected;
  const times = spec.params.int('times');
  const spent = times !== undefined && (round > 0 || attempt > times) ? 1 : 0;
  const step = round + spent;
  if (step === 0) return spec.name;
  return spec.params.list('then')[step - 1] ?? (spec.name === 'default' ? 'default' : 'text');
}
