/**
 * The machines as shipped keep every rule of a small scope, and machines that somebody broke by hand do not: each of these
 * tells a short story that names what went wrong.
 */

import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, assign, createMachine } from 'xstate';
import { check } from '../check.ts';
import { type HouseScope, houseModel, type Machines, shipped } from './house.ts';

const scope: HouseScope = {
  workers: 1,
  streams: 1,
  faults: 1,
  process: ['crash', 'hang', 'wear', 'echo'],
  turn: ['hang', 'fail', 'hold', 'retry', 'stray'],
  choices: ['call'],
  leaves: true,
  strays: true,
  drains: 1,
};
const statesMax = 200_000;

interface State {
  entry: unknown;
  readonly on: { [event: string]: unknown };
  readonly after: { [delay: string]: unknown };
  readonly states: { [name: string]: State };
}

const copy = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copy(inner)]));
};

/** A machine whose configuration somebody has changed at one place. */
const changed = (machine: AnyStateMachine, path: string, change: (state: State) => void): AnyStateMachine => {
  const config = copy(machine.config) as State;
  change(path.split('.').reduce((state, name) => state.states[name] as State, config));
  return createMachine(config as never, machine.implementations as never) as unknown as AnyStateMachine;
};

const { supervisor, worker, stream } = shipped;
const always = { guards: { current: () => true } };
const nothing = assign({});

test('the machines as shipped keep every rule', () => {
  const { searched, story } = check(houseModel(scope), { statesMax });
  expect(story).toBeNull();
  expect(searched.states.size).toBeGreaterThan(10_000);
});

describe('somebody broke', () => {
  test.each([
    [
      'the epoch guard of the worker',
      'strangers change nothing/worker/0: worker/0 heard stop.requested: it is about /-1, not about /1',
      { worker: worker.provide(always) },
    ],
    [
      'the epoch guard of the stream',
      'strangers change nothing/resp_0: stream/resp_0 heard turn.refused: it is about 0/-1, not about 0/1',
      { stream: stream.provide(always) },
    ],
    [
      'the epoch guard of the supervisor',
      'strangers change nothing/slot 0: supervisor heard worker.risen: it is about 0/-1, not about 0/1',
      { supervisor: supervisor.provide(always) },
    ],
    [
      'the release after a timeout',
      'what a stream owes/resp_0: stream/resp_0 heard xstate.after.letGo.stream.closing.stopping: lease.release is missing',
      { stream: changed(stream, 'closing.stopping', (it) => Object.assign(it.after, { letGo: '#stream.closed' })) },
    ],
    [
      'the order of stop and release',
      'what a stream owes/resp_0: stream/resp_0 heard client.gone: no reason for lease.release',
      { stream: changed(stream, 'closing.stopping', (it) => Object.assign(it, { entry: ['release', 'stop'] })) },
    ],
    [
      'the word to the turn that it is over',
      'what a stream owes/resp_0: stream/resp_0 heard client.gone: turn.stop is missing',
      { stream: changed(stream, 'closing.stopping', (it) => delete it.entry) },
    ],
    [
      'the wait for output',
      'what a stream owes/resp_0: stream/resp_0 heard lease.granted: sets 12 instead of 13,12',
      { stream: changed(stream, 'live.opening', (it) => delete it.after['firstEvent']) },
    ],
    [
      'the end of a response whose worker died',
      'no event unhandled: stream/resp_0 does not know lease.revoked',
      { stream: changed(stream, 'live.flowing', (it) => delete it.on['lease.revoked']) },
    ],
    [
      'the kill of a worker that is silent',
      'what a worker owes/0: worker/0 heard xstate.after.startup.worker.starting: says nothing instead of process.kill',
      { worker: changed(worker, 'killing', (it) => delete it.entry) },
    ],
    [
      'the wait before the kill',
      'what a worker owes/0: worker/0 heard stop.requested: a wait has no deadline, or a deadline no wait',
      { worker: changed(worker, 'draining', (it) => delete it.after['grace']) },
    ],
    [
      'the restart',
      'a down worker is respawned, an open circuit half-opens/0',
      { supervisor: supervisor.provide({ actions: { rest: nothing } }) },
    ],
    [
      'the burial of a worker that died',
      'restart intensity and back-off/0: slot 0 settles while it is open',
      { supervisor: supervisor.provide({ actions: { fall: nothing } }) },
    ],
    [
      'the refusal while it drains',
      'what the supervisor owes: supervisor heard lease.requested: it comes to rest, and somebody waits',
      {
        supervisor: changed(supervisor, 'stopping', (it) =>
          Object.assign(it.on, { 'lease.requested': { actions: 'request' } }),
        ),
      },
    ],
    [
      'the patience of the drain',
      'what the supervisor owes: supervisor heard drain.requested: it sets other deadlines than 32, 34',
      { supervisor: changed(supervisor, 'draining', (it) => delete it.after['drain']) },
    ],
    [
      'the last word of the drain',
      'what the supervisor owes: supervisor heard drain.requested: it closes when it should not, or does not when it should',
      { supervisor: changed(supervisor, 'stopped', (it) => delete it.entry) },
    ],
  ] satisfies [string, string, Partial<Machines>][])('%s: %s', (_, text, broken) => {
    const { story } = check(houseModel(scope, { ...shipped, ...broken }), { statesMax });
    expect(story?.text).toBe(text);
    expect(story?.steps.length).toBeLessThanOrEqual(13);
  });
});
