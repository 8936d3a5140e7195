/**
 * Which script a turn plays. Model slug `test-<scenario>` or marker `[[sc:…]]` select exactly as in the fake model
 * provider; a scenario of its own list is a misdeed of the process, any other one is the provider's, seen through the CLI.
 * Invariant: the choice depends on the thread's input and on one attempt number per key.
 */
import { Sampling } from '../provider/events.ts';
import { ScenarioError } from '../provider/params.ts';
import type { ModelRequest } from '../provider/request.ts';
import { parseSpec } from '../provider/scenario.ts';
import { scenarioNamed } from '../provider/scenarios.ts';
import { attemptKey, nameFor, select } from '../provider/select.ts';
import { barrier } from '../provider/steps.ts';
import type { Step as ProviderStep } from '../provider/steps.ts';
import { attemptsMax, isRetried } from './failures.ts';
import { misdeeds } from './misdeeds.ts';
import { stepsOf } from './sampling.ts';
import type { RequestRule, Script } from './script.ts';
import type { ShimPlay } from './shim-modes.ts';

export interface Choice {
  readonly sequence: number;
  readonly script: Script;
}

export interface Selection {
  choose(request: ModelRequest): Choice;
  /** The rule about requests that a model slug or the input asks for, if any. */
  ruleFor(request: ModelRequest): RequestRule | null;
}

/** A script of the test's own; null: the scenario that the request names. */
export type Play = (request: ModelRequest) => Script | null;

/** As the fake provider answers a request without a token: no sampling, so it counts for none and has no id. */
const signedOut: ProviderStep = {
  step: 'answer',
  status: 401,
  headers: {},
  body: { error: { message: 'bad token', type: 'invalid_request_error', code: 'invalid_api_key', param: null } },
};

const badScenario = (message: string): ProviderStep => ({
  step: 'answer',
  status: 400,
  headers: {},
  body: { error: { message, type: 'invalid_request_error', code: 'bad_scenario', param: null } },
});

interface Options {
  /** Plays when nothing selects a scenario, for example `hello` or `burst n=1000`. */
  readonly defaultScenario: string;
  readonly signedOut: () => boolean;
  readonly nowMs: () => number;
  readonly play?: Play;
  /** Plays instead of the default scenario. */
  readonly unselected?: ShimPlay;
  readonly turnedAway?: Script;
}

/** The name of no scenario. */
const unnamed = 'unselected';

export function createSelection(options: Options): Selection {
  const { defaultScenario, signedOut: isSignedOut, nowMs, play, unselected, turnedAway } = options;
  const attempts = new Map<string, number>();
  let sequence = 0;
  parseSpec(defaultScenario);

  const played = (request: ModelRequest): Script | Iterable<ProviderStep> => {
    const own = play?.(request) ?? null;
    if (own !== null) return own;
    const scenarios = { defaultScenario: unselected === undefined ? defaultScenario : unnamed, modelScenarios: {} };
    const selected = select(request, scenarios);
    const { params, name: wanted } = selected.spec;
    if (unselected !== undefined && wanted === unnamed) return unselected(request, selected.round);
    const key = attemptKey(request, params);
    const attempt = selected.round === 0 ? (attempts.get(key) ?? 0) + 1 : 0;
    if (attempt > 0) attempts.set(key, attempt);
    const named = nameFor(selected, attempt);
    const name = wanted === 'hello' && named === 'text' ? 'hello' : named;
    const misdeed = Object.hasOwn(misdeeds, name) ? misdeeds[name] : undefined;
    if (misdeed !== undefined) return misdeed(params);
    const sampling = new Sampling(sequence, request, params);
    const scene = { request, params, sampling, nowUs: () => Math.round(nowMs() * 1000) };
    return chain(barrier(params, 'hold'), scenarioNamed(name)(scene));
  };

  const guarded = (request: ModelRequest): Script | Iterable<ProviderStep> => {
    try {
      return played(request);
    } catch (error) {
      if (error instanceof ScenarioError) return [badScenario(error.message)];
      throw error;
    }
  };

  /** An answer that the CLI would ask for again counts as one attempt each time; only the last one is seen. */
  const retried = (request: ModelRequest): Script | Iterable<ProviderStep> => {
    for (let attempt = 1; ; attempt += 1) {
      sequence += 1;
      const tried = guarded(request);
      if ('steps' in tried) return tried;
      const steps = tried[Symbol.iterator]();
      const first = steps.next();
      if (first.done === true) return [];
      const { value } = first;
      const again = value.step === 'break' || (value.step === 'answer' && isRetried(value.status));
      if (!again || attempt === attemptsMax) return prepend(value, steps);
    }
  };

  return {
    choose(request) {
      if (isSignedOut() && turnedAway !== undefined) return { sequence, script: turnedAway };
      if (isSignedOut())
        return { sequence, script: { steps: stepsOf([signedOut], { model: request.model, requestId: null }) } };
      const found = retried(request);
      if ('steps' in found) return { sequence, script: found };
      const requestId = `req_fake_${sequence}`;
      return { sequence, script: { steps: stepsOf(found, { model: request.model, requestId }) } };
    },
    ruleFor(request) {
      let spec: ReturnType<typeof parseSpec>;
      try {
        spec = select(request, { defaultScenario, modelScenarios: {} }).spec;
      } catch {
        return null;
      }
      if (spec.name !== 'ignore' && spec.name !== 'overload') return null;
      const { params } = spec;
      const message = params.text('message') ?? 'Server overloaded; retry later.';
      return {
        method: params.text('kind') ?? 'turn/start',
        times: params.int('times') ?? 1,
        act: spec.name === 'ignore' ? 'ignore' : { code: -Number(params.text('code') ?? 32_001), message },
      };
    },
  };
}

function* chain<T>(...parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}

function* prepend<T>(first: T, rest: Iterator<T>): Generator<T> {
  yield first;
  for (let next = rest.next(); next.done !== true; next = rest.next()) yield next.value;
}
