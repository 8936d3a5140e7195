/**
 * Guards and actions of a chart as functions of one step. Those that XState brings (`assign`, `emit`, `raise`, `cancel`,
 * `enqueueActions`) are read from what its makers have noted on them; what the step says, sets and cancels is carried out behind it,
 * as XState does. Invariant: what is not understood is refused when the chart is made.
 */

import type { AnyStateMachine } from 'xstate';

export interface ChartEvent {
  readonly type: string;
}

/** An event that the machine will tell itself. */
export interface Setting {
  readonly id: string;
  readonly event: ChartEvent;
  readonly delayMs: number;
}

export type Effect =
  | { readonly type: 'emit'; readonly event: ChartEvent }
  | (Setting & { readonly type: 'set' })
  | { readonly type: 'cancel'; readonly id: string };

export interface Step {
  context: object;
  readonly event: ChartEvent;
  readonly effects: Effect[];
  /** What the machine tells itself at once. */
  readonly raised: ChartEvent[];
}

export type Act = (step: Step) => void;
export type Guard = (step: Step) => boolean;

type Performer = (step: Step, params: unknown) => void;

type Expression = (args: unknown, params: unknown) => unknown;

/** As XState's makers of actions note it. */
interface Built {
  readonly type?: string;
  readonly assignment?: Expression | Readonly<Record<string, unknown>>;
  readonly event?: unknown;
  readonly id?: unknown;
  readonly delay?: unknown;
  readonly sendId?: unknown;
  readonly collect?: Expression;
}

type Named = { readonly type: string; readonly params?: unknown };

const told = (value: unknown, args: unknown, params: unknown): unknown =>
  typeof value === 'function' ? (value as Expression)(args, params) : value;

const assigned = (assignment: Built['assignment'], step: Step, params: unknown): object => {
  if (typeof assignment === 'function') return { ...step.context, ...(assignment(step, params) as object) };
  const next = { ...step.context } as Record<string, unknown>;
  for (const name in assignment) next[name] = told(assignment[name], step, params);
  return next;
};

/** What is queued is carried out behind whatever queues it. Made once: only the queue is of one step. */
const enqueue = (collect: Expression, machine: AnyStateMachine): Performer => {
  let queued: (Built | Act)[] = [];
  const add = (action: unknown): void => void queued.push(compileAct(machine, action));
  const take = Object.assign(add, {
    assign: (assignment: NonNullable<Built['assignment']>) => void queued.push({ type: 'xstate.assign', assignment }),
    cancel: (sendId: string) => void queued.push({ type: 'xstate.cancel', sendId }),
    emit: (event: unknown) => void queued.push({ type: 'xstate.emit', event }),
    raise: (event: unknown, { id, delay }: Pick<Built, 'id' | 'delay'> = {}) =>
      void queued.push({ type: 'xstate.raise', event, id, delay }),
  });
  return (step, params) => {
    const own: (Built | Act)[] = [];
    queued = own;
    collect({ context: step.context, event: step.event, enqueue: take }, params);
    for (const act of own) {
      if (typeof act === 'function') act(step);
      else perform(act, machine, step, undefined);
    }
  };
};

const perform = (built: Built, machine: AnyStateMachine, step: Step, params: unknown): void => {
  switch (built.type) {
    case 'xstate.assign':
      step.context = assigned(built.assignment, step, params);
      return;
    case 'xstate.emit':
      step.effects.push({ type: 'emit', event: told(built.event, step, params) as ChartEvent });
      return;
    case 'xstate.cancel':
      step.effects.push({ type: 'cancel', id: String(told(built.sendId, step, params)) });
      return;
    case 'xstate.raise': {
      const { delays } = machine.implementations as { readonly delays: Readonly<Record<string, unknown>> };
      const { delay, id } = built;
      const event = told(built.event, step, params) as ChartEvent;
      const delayMs = told(typeof delay === 'string' ? delays[delay] : delay, step, params);
      if (typeof delayMs === 'number') step.effects.push({ type: 'set', id: String(id), event, delayMs });
      else step.raised.push(event);
      return;
    }
    default:
      throw new Error(`chart: the action ${built.type} is not understood`);
  }
};

const understood: ReadonlySet<unknown> = new Set(['xstate.assign', 'xstate.emit', 'xstate.cancel', 'xstate.raise']);

const performer = (built: Built, machine: AnyStateMachine): Performer => {
  if (built.type === 'xstate.enqueueActions') return enqueue(built.collect as Expression, machine);
  if (!understood.has(built.type)) throw new Error(`chart: the action ${built.type} is not understood`);
  return (step, params) => perform(built, machine, step, params);
};

export function compileAct(machine: AnyStateMachine, action: unknown): Act {
  const { actions } = machine.implementations as { readonly actions: Readonly<Record<string, unknown>> };
  const isInline = typeof action === 'function';
  const name = typeof action === 'string' ? action : (action as Named).type;
  const found = isInline ? action : actions[name];
  if (typeof found !== 'function') throw new Error(`chart: there is no action ${name}`);
  const params = isInline || typeof action === 'string' ? undefined : (action as Named).params;
  // A function of somebody's own, which is called at once.
  const take = 'resolve' in found ? performer(found as Built, machine) : (found as Performer);
  if (typeof params !== 'function') return (step) => take(step, params);
  return (step) => take(step, (params as Expression)(step, undefined));
}

export function compileGuard(machine: AnyStateMachine, guard: unknown): Guard {
  const { guards } = machine.implementations as { readonly guards: Readonly<Record<string, unknown>> };
  const isInline = typeof guard === 'function';
  const name = typeof guard === 'string' ? guard : (guard as Named).type;
  const found = isInline ? guard : guards[name];
  if (typeof found !== 'function' || 'check' in found) throw new Error(`chart: the guard ${name} is not understood`);
  const params = isInline || typeof guard === 'string' ? undefined : (guard as Named).params;
  return (step) => Boolean((found as Expression)(step, told(params, step, undefined)));
}
