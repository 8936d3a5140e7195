import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { loginMachine } from '../../machines/login.ts';
import { streamMachine } from '../../machines/stream.ts';
import { supervisorMachine } from '../../machines/supervisor.ts';
import { workerMachine } from '../../machines/worker.ts';
import { chart } from './chart.ts';
import { diagrams } from './diagrams.ts';
import { machinesPage } from './machines-page.ts';

test('docs/machines.md is what the machines are', () => {
  const found = readFileSync(new URL('../../docs/machines.md', import.meta.url), 'utf8');
  // On a difference: node deploy/launch.mjs testkit/model/diagrams-main.ts
  expect(found).toBe(machinesPage());
});

type Json = { [key: string]: unknown };
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** Every place in the value, as the object or array that has it and its key there. */
const places = (value: Json): readonly (readonly [owner: Json, key: string])[] =>
  Object.entries(value).flatMap(([key, inner]) => [[value, key] as const, ...(isJson(inner) ? places(inner) : [])]);

describe.each([
  ['stream', streamMachine],
  ['supervisor', supervisorMachine],
  ['worker', workerMachine],
  ['login', loginMachine],
] satisfies readonly (readonly [string, AnyStateMachine])[])('the diagrams of the %s machine', (_, machine) => {
  const config = machine.config as Json;
  const statesAnew = (): Json => JSON.parse(JSON.stringify(config['states'])) as Json;
  const drawn = (states: Json): string => {
    try {
      return diagrams(chart(createMachine({ ...config, states } as Parameters<typeof createMachine>[0])));
    } catch {
      return 'refused';
    }
  };

  test('leave nothing out: whatever is taken away from a state is seen', () => {
    const whole = diagrams(chart(machine));
    expect(drawn(statesAnew())).toBe(whole);
    const unseen = places(statesAnew()).flatMap(([, name], index) => {
      const states = statesAnew();
      const [owner, key] = places(states)[index] ?? [states, name];
      if (Array.isArray(owner)) owner.splice(Number(key), 1);
      else delete owner[key];
      return drawn(states) === whole ? [name] : [];
    });
    expect(unseen).toEqual([]);
  });
});

describe('a diagram', () => {
  test('is drawn for each level, with the arrows that leave it', () => {
    const x = { on: { go: { target: 'y', reenter: true } } };
    const y = { on: { go: '#b' } };
    const b = { id: 'b', after: { 50: 'a' }, on: { go: [{ guard: 'g', actions: 'act' }, {}], wait: {} } };
    const machine = createMachine({ initial: 'a', states: { a: { initial: 'x', states: { x, y } }, b } });
    expect(diagrams(chart(machine)).split('\n')).toEqual([
      '```mermaid',
      'stateDiagram-v2',
      '  state "a" as a',
      '  state "b" as b',
      '  [*] --> a',
      '  a --> b : from within',
      '  b --> a : after 50 ms',
      '```',
      '',
      'Inside `a`:',
      '',
      '```mermaid',
      'stateDiagram-v2',
      '  state "x" as a_x',
      '  state "y" as a_y',
      '  state "b" as b',
      '  [*] --> a_x',
      '  a_x --> a_y : go, entered anew',
      '  a_y --> b : go',
      '```',
      '',
      '| state | on the way in and out | handled without leaving | ignored |',
      '|---|---|---|---|',
      '| any |  |  |  |',
      '| `a` |  |  |  |',
      '| `a.x` |  |  |  |',
      '| `a.y` |  |  |  |',
      '| `b` |  | `go [g] / act` | `wait` |',
    ]);
  });

  test.each([
    ['a guard without a name', { always: { guard: () => true, target: 'b' } }, 'give this a name'],
    ['an event left to the parent', { on: { go: { guard: 'g', target: 'b' } } }, 'leaves go to its parent'],
    ['a name that Mermaid would misread', { on: { 'go: there; #1': 'b' } }, 'may misread'],
  ])('is refused for %s', (_, a, reason) => {
    const machine = createMachine({ initial: 'a', states: { a, b: {} } });
    expect(() => diagrams(chart(machine))).toThrow(reason);
  });
});
