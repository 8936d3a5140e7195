/**
 * One machine of XState's, running by its chart. Invariants, as in XState: what a step says, sets and cancels happens when the step is
 * over and its state is the new one; an event that comes meanwhile is heard afterwards; a step that throws is the last one.
 */

import type { AnyStateMachine } from 'xstate';
import type { Act, ChartEvent, Effect, Setting, Step } from './chart-actions.ts';
import { type Chart, type ChartNode, chartOf, type Transition } from './chart.ts';

export interface ChartRunOptions {
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  emit(event: ChartEvent): void;
  /** Calls `fire` that much later, from nowhere else; the returned function cancels it. */
  set(timer: Setting, fire: () => void): () => void;
  /** After each step. */
  settled(): void;
  /** A step threw; nothing more is heard. */
  failed(error: unknown): void;
}

export interface ChartSnapshot {
  readonly value: unknown;
  readonly context: object;
}

interface Timer {
  /** Null: another one has its name, and it can be cancelled no more. */
  id: string | null;
  readonly cancel: () => void;
}

/** Beyond, a chart goes round in circles. */
const stepsMax = 1_000;

const none: readonly never[] = [];

const beginning: ChartEvent = { type: 'xstate.init' };

const run = (acts: readonly Act[], step: Step): void => {
  for (const act of acts) act(step);
};

const enabled = (transitions: readonly Transition[], step: Step): Transition | null => {
  for (const transition of transitions) if (transition.guard === null || transition.guard(step)) return transition;
  return null;
};

export class ChartRun {
  readonly #options: ChartRunOptions;
  readonly #chart: Chart;
  #context: object;
  #node: ChartNode;
  // Lists as long as what is in them: what is pushed or spread into has room for sixteen more.
  #timers: readonly Timer[] = none;
  #waiting: readonly ChartEvent[] = none;
  #state: 'new' | 'idle' | 'busy' | 'over' = 'new';

  constructor(options: ChartRunOptions) {
    this.#options = options;
    this.#chart = chartOf(options.machine);
    this.#context = this.#chart.context(options.input);
    this.#node = this.#chart.entered.at(-1) as ChartNode;
  }

  get snapshot(): ChartSnapshot {
    return { value: this.#node.value, context: this.#context };
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#take(beginning);
    this.#hearAll();
  }

  hear(event: ChartEvent): void {
    if (this.#state === 'over') return;
    if (this.#state === 'idle') this.#take(event);
    else this.#waiting = this.#waiting.concat(event);
    this.#hearAll();
  }

  stop(): void {
    this.#state = 'over';
    this.#waiting = none;
    for (const { cancel } of this.#timers) cancel();
    this.#timers = none;
  }

  #hearAll(): void {
    while (this.#state === 'idle') {
      const [event] = this.#waiting;
      if (event === undefined) return;
      this.#waiting = this.#waiting.length === 1 ? none : this.#waiting.slice(1);
      this.#take(event);
    }
  }

  #take(event: ChartEvent): void {
    this.#state = 'busy';
    const effects: Effect[] = [];
    try {
      let step: Step = { context: this.#context, event, effects, raised: [] };
      if (event === beginning) this.#enter(this.#chart.entered, step);
      else this.#transit(this.#chosen(step), step);
      this.#context = step.context;
      for (let count = 0; ; count += 1) {
        if (count > stepsMax) throw new Error('chart: it does not come to rest');
        const always = this.#eventless(step);
        if (always !== null) this.#transit(always, step);
        else {
          const raised = step.raised.shift();
          if (raised === undefined) break;
          step = { ...step, event: raised };
          this.#transit(this.#chosen(step), step);
        }
        this.#context = step.context;
      }
      for (const effect of effects) this.#carryOut(effect);
    } catch (error) {
      this.stop();
      this.#options.failed(error);
      return;
    }
    if (this.#is('over')) return;
    this.#state = 'idle';
    this.#options.settled();
  }

  #is(state: 'over'): boolean {
    return this.#state === state;
  }

  #chosen(step: Step): Transition | null {
    for (let node: ChartNode | null = this.#node; node !== null; node = node.parent) {
      const found = enabled(node.on.get(step.event.type) ?? node.otherwise, step);
      if (found !== null) return found;
    }
    return null;
  }

  #eventless(step: Step): Transition | null {
    for (let node: ChartNode | null = this.#node; node !== null; node = node.parent) {
      const found = enabled(node.always, step);
      if (found !== null) return found;
    }
    return null;
  }

  #transit(transition: Transition | null, step: Step): void {
    if (transition === null) return;
    const { acts, move } = transition;
    if (move === null) return run(acts, step);
    let left: ChartNode = this.#node;
    while (left.depth > move.depth && left.parent !== null) {
      run(left.exit, step);
      left = left.parent;
    }
    run(acts, step);
    this.#node = left;
    this.#enter(move.entered, step);
  }

  #enter(nodes: readonly ChartNode[], step: Step): void {
    for (const node of nodes) {
      this.#node = node;
      run(node.entry, step);
    }
  }

  #carryOut(effect: Effect): void {
    if (effect.type === 'emit') this.#options.emit(effect.event);
    else if (effect.type === 'cancel') this.#cancel(effect.id);
    else if (this.#state !== 'over') {
      const { id, event } = effect;
      const cancel = this.#options.set(effect, () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
        this.#forget(id);
        this.hear(event);
      });
      const timer: Timer = { id, cancel };
      this.#forget(id);
      this.#timers = this.#timers.concat(timer);
    }
  }

  /** XState knows one timer of a name: the one that was set last, until one of that name fires. */
  #forget(id: string): void {
    for (const timer of this.#timers) if (timer.id === id) timer.id = null;
  }

  #cancel(id: string): void {
    const found = this.#timers.find((timer) => timer.id === id);
    if (found === undefined) return;
    found.cancel();
    this.#timers = this.#timers.filter((timer) => timer !== found);
  }
}
