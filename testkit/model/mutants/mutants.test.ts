import { describe, expect, test } from 'vitest';
import { createMachine, getInitialSnapshot, transition } from 'xstate';
import { shipped } from '../gateway/house.ts';
import { chart } from '../chart.ts';
import { inTenth } from './options.ts';
import { judge, tread, type Trodden, type Verdict } from './judge.ts';
import { type Rung, rungs } from './ladder.ts';
import { mutantsOf } from './mutants.ts';
import { normalConfig, rebuilt } from './normal-config.ts';
import { population } from './population.ts';
import { complaints, leftovers, readSurvivors, readVerdicts } from './register.ts';
import { mutantReport } from './report.ts';

const lamp = createMachine(
  {
    id: 'lamp',
    initial: 'off',
    states: {
      off: { on: { press: { guard: 'powered', target: 'on', actions: ['click', 'count'] } } },
      on: { entry: 'light', exit: 'darken', after: { patience: 'off' }, on: { press: 'off', hush: {} } },
    },
  },
  { guards: { powered: () => true }, delays: { patience: 1_000 } },
);

test('a toy has exactly these mutants', () => {
  expect(mutantsOf(lamp).map(({ name }) => name)).toEqual([
    'lamp.off: press [powered] -> lamp.on: drop',
    'lamp.off: press [powered] -> lamp.on: to lamp.off',
    'lamp.off: press [powered] -> lamp.on: guard powered always true',
    'lamp.off: press [powered] -> lamp.on: guard powered always false',
    'lamp.off: press [powered] -> lamp.on: drop action click',
    'lamp.off: press [powered] -> lamp.on: drop action count',
    'lamp.off: press [powered] -> lamp.on: actions twice',
    'lamp.on: press -> lamp.off: drop',
    'lamp.on: press -> lamp.off: to lamp.on',
    'lamp.on: hush: drop',
    'lamp.on: hush: to lamp.off',
    'lamp.on: hush: to lamp.on',
    'lamp.on: after patience -> lamp.off: drop',
    'lamp.on: after patience -> lamp.off: to lamp.on',
    'lamp.on: drop entry light',
    'lamp.on: drop exit darken',
  ]);
});

test('a mutant differs from its machine in what its name says, and leaves the machine as it is', () => {
  const pressed = (machine: typeof lamp): string[] =>
    transition(machine, getInitialSnapshot(machine), { type: 'press' })[1].map(({ type }) => type);
  const dropped = mutantsOf(lamp)
    .find(({ name }) => name.endsWith('drop action click'))
    ?.build();
  expect(pressed(lamp)).toEqual(expect.arrayContaining(['click', 'count', 'light']));
  expect(pressed(dropped as typeof lamp)).toEqual(pressed(lamp).filter((type) => type !== 'click'));
});

test('eventless transitions that go round and round throw', () => {
  const states = { still: { on: { go: 'to' } }, to: { always: 'fro' }, fro: { always: 'to' } };
  const restless = createMachine({ id: 'restless', initial: 'still', states });
  const limited = rebuilt(restless, normalConfig(restless));
  expect(() => transition(limited, getInitialSnapshot(limited), { type: 'go' })).toThrow('Infinite loop');
});

describe.each(Object.entries(shipped))('the %s machine', (_, machine) => {
  test('is the same when it is made from its normal configuration', () => {
    expect(chart(rebuilt(machine, normalConfig(machine)))).toEqual(chart(machine));
  });

  test('has the same mutants each time, each with a name of its own', () => {
    const names = mutantsOf(machine).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(mutantsOf(machine).map(({ name }) => name)).toEqual(names);
  });
});

describe('known breakages', () => {
  const ladder = new Map<string, readonly [Rung, Trodden]>();
  const judged = (name: string, scope: string): Verdict => {
    const rung = rungs.find((one) => one.name === `tiny: ${scope}`) as Rung;
    const step = ladder.get(scope) ?? ([rung, tread(rung)] as const);
    ladder.set(scope, step);
    const mutant = population.get(name);
    if (mutant === undefined) throw new Error(`there is no ${name}`);
    return judge(mutant, [step]);
  };

  test.each([
    ['stream.live.queued: drop entry request', 'a turn', 'what a stream owes/resp_0'],
    [
      'stream.closing.stopping: after letGo -> stream.closed: drop action release',
      'a bad turn',
      'what a stream owes/resp_0',
    ],
    ['stream.live: client.gone [leased] -> stream.closing.stopping: drop', 'a bad turn', 'what a stream owes/resp_0'],
    ['stream.live.flowing: turn.accepted: drop', 'a turn', 'no event unhandled'],
    [
      'worker.ready: stop.requested [current] -> worker.draining: guard current always true',
      'strays',
      'strangers change nothing',
    ],
    ['supervisor.running: worker.fallen [current]: drop action fall', 'a bad process', 'restart'],
    ['supervisor.stopping: drop entry stopAll', 'a drain', 'what the supervisor owes'],
    ['login.offering: login.wanted: drop', 'a sign-in', 'no event unhandled'],
  ])('%s is killed', (name, scope, property) => {
    expect(judged(name, scope)).toEqual({
      verdict: 'killed',
      scope: `tiny: ${scope}`,
      by: expect.stringContaining(property) as string,
    });
  });

  test('without its report of what is unhandled a machine is the same, as long as nothing is', () => {
    expect(judged('worker: *: drop action report', 'a turn')).toEqual({ verdict: 'equivalent' });
  });
});

describe('what is on file', () => {
  test('are the mutants that there are, and every survivor has a reason', () => {
    expect(leftovers([...population.keys()], readVerdicts(), readSurvivors())).toEqual([]);
    expect(Object.keys(readVerdicts())).toEqual([...population.keys()]);
    expect(complaints(readVerdicts(), readVerdicts(), readSurvivors())).toEqual([]);
    expect(mutantReport(readVerdicts(), readSurvivors())).toContain('| all | ');
  });

  test.each([
    [{ a: 'survived in x' }, {}, 'survivors.json does not say why: a'],
    [{ a: 'equivalent' }, { a: 'because' }, 'in survivors.json, but equivalent: a'],
    [{ a: 'killed in x by y', b: 'survived in x' }, { b: 'because' }, 'only 50 % of those'],
  ])('%j with the reasons %j is refused', (verdicts, survivors, complaint) => {
    expect(complaints(verdicts, verdicts, survivors).join('\n')).toContain(complaint);
    expect(complaints(verdicts, {}, survivors).join('\n')).toContain('verdicts.json has "nothing"');
  });

  test('a tenth is about a tenth, another seed another one', () => {
    const tenth = (seed: string): string[] => [...population.keys()].filter((name) => inTenth(seed, name));
    expect(Math.abs(tenth('1').length / population.size - 0.1)).toBeLessThan(0.04);
    expect(tenth('2')).not.toEqual(tenth('1'));
  });
});
