import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { assign } from 'xstate';
import type { ActorModel, Model } from './actor.ts';
import { check } from './check.ts';
import { type HouseScope, houseModel, type Machines, shipped } from './gateway/house.ts';
import { readTrace, replayStory, traceText } from './gateway/trace.ts';
import { replay } from './replay.ts';

const statesMax = 100_000;
const scope: HouseScope = { workers: 1, streams: 1, faults: 1, process: ['crash'], turn: [], strays: true };

const { supervisor } = shipped;

test.each([
  [
    'without the guard of the epoch',
    'strangers change nothing/slot 0: supervisor heard worker.risen: it is about 0/-1, not about 0/1',
    { ...shipped, supervisor: supervisor.provide({ guards: { current: () => true } }) },
  ],
  [
    'that forgets to start a worker again',
    'a down worker is respawned, an open circuit half-opens/0',
    { ...shipped, supervisor: supervisor.provide({ actions: { rest: assign({}) } }) },
  ],
] satisfies [string, string, Machines][])(
  'a supervisor %s fails in earnest as it does in the model',
  (_, text, broken) => {
    const { story } = check(houseModel(scope, broken), { statesMax });
    if (story === null) throw new Error('nothing was found');
    expect(story.text).toBe(text);
    const kept = readTrace(traceText(scope, story));
    expect(replayStory(kept, kept.scope, broken)).toEqual({ violation: text, parted: null });
    const fixed = replayStory(kept, kept.scope);
    expect(fixed.violation).toBeNull();
    expect(fixed.parted).not.toBeNull();
  },
);

const blinker = {
  name: 'lamp',
  start: () => ({ next: 'new', commands: [] }),
  react: (state: string) => ({ next: state === 'on' ? 'off' : 'on', commands: [] }),
  moves: () => [{ kind: 'fair', event: { type: 'switched' } }] as const,
};
const blinking = (progress: Model['progress'][number]): Model => ({
  actors: [blinker as unknown as ActorModel],
  links: [],
  deliver: () => [],
  faults: 0,
  monitors: [],
  progress: [progress],
});

test('what goes on for ever is repeated once around', () => {
  const model = blinking({ name: 'it settles', actor: 'lamp', pending: (state: string) => state !== 'settled' });
  const { story } = check(model, { statesMax });
  if (story === null) throw new Error('nothing was found');
  expect(replay(model, story)).toEqual({ violation: 'it settles', parted: null });
  expect(replay(model, { ...story, lasting: story.lasting?.slice(1) ?? [] }).violation).toBeNull();
});

test('a story that is not one of the model is told apart', () => {
  const model = blinking({ name: 'it settles', actor: 'lamp', pending: () => true });
  const step = [{ actor: 'lamp', event: { type: 'burned' }, commands: [], delays: [], taken: [] }];
  const { violation, parted } = replay(model, { text: 'it settles', steps: [step], lasting: [] });
  expect(violation).toBeNull();
  expect(parted).toMatch('step 1 cannot be taken');
});

/** Stories of bugs that were there once, `traceText` each. */
const folder = new URL('traces/', import.meta.url);
const traces = existsSync(folder) ? readdirSync(folder) : [];

test.each(traces)('%s does not happen any more', (name) => {
  const trace = readTrace(readFileSync(new URL(name, folder), 'utf8'));
  const { violation, parted } = replayStory(trace, trace.scope);
  expect(violation).toBeNull();
  // It goes another way where it once went wrong, and not because the story makes no sense any more.
  expect(parted).toContain(`step ${trace.steps.length} is `);
});
