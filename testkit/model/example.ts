import { emit, setup } from 'xstate';
import { type ActorModel, type Model, type Observed, Violation } from './actor.ts';
import { check, report } from './check.ts';
import { machineActor } from './machine-actor.ts';
const machine = setup({ actions: { press: emit({ type: 'press' }) } }).createMachine({
  initial: 'waiting',
  states: {
    waiting: { entry: 'press', on: { lit: 'done' }, after: { 1000: { target: 'waiting', reenter: true } } },
    done: { on: { lit: {} } },
  },
});
const lamp: ActorModel<'off' | 'on' | 'deaf'> = {
  name: 'lamp',
  start: () => ({ next: 'off', commands: [] }),
  react: (state, { type }) => {
    if (type === 'press' && state !== 'deaf') return { next: 'on', commands: [{ type: 'lit' }] };
    return { next: type === 'dozes' ? 'deaf' : 'off', commands: [] };
  },
  moves: (state) => (state === 'off' ? [{ kind: 'fault', event: { type: 'dozes' } }] : []),
};
const observe = (n: number, { commands: [said] }: Observed) => (said?.type === 'dark' ? new Violation('it is out') : n);
const model: Model = {
  actors: [machineActor({ name: 'remote', machine, input: undefined }), lamp],
  links: [['remote', 'lamp']],
  deliver: (from, command) => [{ to: from === 'remote' ? 'lamp' : 'remote', event: command }],
  faults: 2,
  monitors: [{ name: 'a lit lamp stays lit', initial: 0, about: () => true, observe }],
  progress: [{ name: 'the lamp is lit', actor: 'lamp', pending: (state: string) => state !== 'on' }],
};
console.log(report(check(model, { statesMax: 1_000 })));
