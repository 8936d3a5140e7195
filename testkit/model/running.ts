/**
 * The actors of a model, running: a machine as it ships (by its chart) or in XState's own `createActor`, under a clock whose timers
 * are fired one by one; what is written by hand as it is. Invariant: what a machine says, sets and cancels is what XState did, not what the
 * transition function foretold.
 */

import { type AnyMachineSnapshot, createActor } from 'xstate';
import { ChartRun } from '../../actors/chart-run.ts';
import { type ActorModel, type ModelEvent, type Reaction, stable } from './actor.ts';
import type { MachineActor, MachineState } from './machine-actor.ts';

/** An actor that keeps its own state. */
export interface RunningActor {
  start(): Reaction<unknown>;
  hear(event: ModelEvent): Reaction<unknown>;
}

interface Timer {
  readonly id: string;
  readonly event: ModelEvent;
  readonly fire: () => void;
}

class RunningMachine implements RunningActor {
  readonly #actor: ReturnType<typeof createActor<MachineActor['machine']>>;
  readonly #pending = new Map<number, Timer>();
  readonly #seen = new WeakSet();
  #commands: ModelEvent[] = [];
  #delays: { id: string; delayMs: number }[] = [];
  #timers = 0;

  constructor({ machine, input }: MachineActor) {
    const clock = {
      setTimeout: (fire: () => void, delayMs: number): number => this.#set(fire, delayMs),
      clearTimeout: (timer: number): void => void this.#pending.delete(timer),
    };
    this.#actor = createActor(machine, { input, clock });
    this.#actor.on('*', (emitted) => void this.#commands.push(emitted as ModelEvent));
  }

  start(): Reaction<MachineState> {
    return this.#settle(() => this.#actor.start());
  }

  /** An event that is due is a timer that fires. */
  hear(event: ModelEvent): Reaction<MachineState> {
    const due = [...this.#pending].find(([, timer]) => stable(timer.event) === stable(event));
    if (due === undefined) return this.#settle(() => this.#actor.send(event));
    this.#pending.delete(due[0]);
    return this.#settle(due[1].fire);
  }

  /** XState notes what it schedules just before it asks the clock. */
  #set(fire: () => void, delayMs: number): number {
    const { _scheduledEvents: all } = this.#actor.system.getSnapshot();
    const scheduled = Object.values(all).find((one) => !this.#seen.has(one));
    if (scheduled === undefined) throw new Error('running: a timer that XState did not schedule');
    this.#seen.add(scheduled);
    this.#delays.push({ id: scheduled.id, delayMs });
    this.#timers += 1;
    this.#pending.set(this.#timers, { id: scheduled.id, event: scheduled.event, fire });
    return this.#timers;
  }

  #settle(take: () => unknown): Reaction<MachineState> {
    this.#commands = [];
    this.#delays = [];
    take();
    const timers = [...this.#pending.values()].map(({ id, event }) => ({ id, event }));
    const next = { snapshot: this.#actor.getSnapshot(), timers: timers.sort((a, b) => (a.id < b.id ? -1 : 1)) };
    return { next, commands: this.#commands, delays: this.#delays };
  }
}

class RunningChart implements RunningActor {
  readonly #run: ChartRun;
  readonly #pending = new Set<Timer>();
  #commands: ModelEvent[] = [];
  #delays: { id: string; delayMs: number }[] = [];

  constructor({ machine, input }: MachineActor) {
    this.#run = new ChartRun({
      machine,
      input,
      emit: (event) => void this.#commands.push(event as ModelEvent),
      set: ({ id, event, delayMs }, fire) => {
        const timer: Timer = { id, event: event as ModelEvent, fire };
        this.#delays.push({ id, delayMs });
        this.#pending.add(timer);
        return () => void this.#pending.delete(timer);
      },
      settled: () => undefined,
      failed: (error) => {
        throw error;
      },
    });
  }

  start(): Reaction<MachineState> {
    return this.#settle(() => this.#run.start());
  }

  /** An event that is due is a timer that fires. */
  hear(event: ModelEvent): Reaction<MachineState> {
    const due = [...this.#pending].find((timer) => stable(timer.event) === stable(event));
    if (due === undefined) return this.#settle(() => this.#run.hear(event));
    this.#pending.delete(due);
    return this.#settle(due.fire);
  }

  #settle(take: () => unknown): Reaction<MachineState> {
    this.#commands = [];
    this.#delays = [];
    take();
    const timers = [...this.#pending].map(({ id, event }) => ({ id, event }));
    const snapshot = { ...this.#run.snapshot, status: 'active' } as AnyMachineSnapshot;
    const next = { snapshot, timers: timers.sort((a, b) => (a.id < b.id ? -1 : 1)) };
    return { next, commands: this.#commands, delays: this.#delays };
  }
}

/** What is written by hand has no other way to run. */
class RunningByHand implements RunningActor {
  readonly #actor: ActorModel;
  #state: unknown;

  constructor(actor: ActorModel) {
    this.#actor = actor;
  }

  start(): Reaction<unknown> {
    return this.#keep(this.#actor.start());
  }

  hear(event: ModelEvent): Reaction<unknown> {
    return this.#keep(this.#actor.react(this.#state, event));
  }

  #keep(reaction: Reaction<unknown>): Reaction<unknown> {
    this.#state = reaction.next;
    return reaction;
  }
}

/** Whose interpreter runs the machines: ours, which ships, or XState's. */
export type Interpreter = 'chart' | 'xstate';

export const runningActor = (actor: ActorModel, interpreter: Interpreter): RunningActor => {
  if (!('machine' in actor)) return new RunningByHand(actor);
  const machine = actor as unknown as MachineActor;
  return interpreter === 'chart' ? new RunningChart(machine) : new RunningMachine(machine);
};
