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

const assigned = (
  assignment: Built['assignment'],
): ((args: { readonly context: object }, params: unknown) => object) => {
  if (typeof assignment === 'function')
    return (args, params) => ({ ...args.context, ...(assignment(args, params) as object) });
  const members = Object.entries(assignment ?? {});
  return (args, params) => {
    const next = { ...args.context } as Record<string, unknown>;
    for (const [name, value] of members) next[name] = told(value, args, params);
    return next;
  };
};

const enqueue = (collect: Expression, machine: AnyStateMachine): ((step: Step, params: unknown) => void) => {
  return (step, params) => {
    const queued: Act[] = [];
    const add = (action: unknown): void => void queued.push(compileAct(machine, action));
    const built = (made: Built): void => void queued.push((later) => perform(made, machine)(later, undefined));
    const take = Object.assign(add, {
      assign: (assignment: NonNullable<Built['assignment']>) => built({ type: 'xstate.assign', assignment }),
      cancel: (sendId: string) => built({ type: 'xstate.cancel', sendId }),
      emit: (event: unknown) => built({ type: 'xstate.emit', event }),
      raise: (event: unknown, { id, delay }: Pick<Built, 'id' | 'delay'> = {}) =>
        built({ type: 'xstate.raise', event, id, delay }),
    });
    collect({ context: step.context, event: step.event, enqueue: take }, params);
    for (const act of queued) act(step);
  };
};

const perform = (built: Built, machine: AnyStateMachine): ((step: Step, params: unknown) => void) => {
  const { event, id, delay, sendId } = built;
  const { delays } = machine.implementations as { readonly delays: Readonly<Record<string, unknown>> };
  switch (built.type) {
    case 'xstate.assign': {
      const next = assigned(built.assignment);
      return (step, params) => {
        step.context = next(step, params);
      };
    }
    case 'xstate.emit':
      return (step, params) => void step.effects.push({ type: 'emit', event: told(event, step, params) as ChartEvent });
    case 'xstate.cancel':
      return (step, params) => void step.effects.push({ type: 'cancel', id: String(told(sendId, step, params)) });
    case 'xstate.raise': {
      const length = typeof delay === 'string' ? delays[delay] : delay;
      return (step, params) => {
        const raised = told(event, step, params) as ChartEvent;
        const delayMs = told(length, step, params);
        if (typeof delayMs === 'number') step.effects.push({ type: 'set', id: String(id), event: raised, delayMs });
        else step.raised.push(raised);
      };
    }
    case 'xstate.enqueueActions':
      return enqueue(built.collect as Expression, machine);
    default:
      throw new Error(`chart: the action ${built.type} is not understood`);
  }
};

export function compileAct(machine: AnyStateMachine, action: unknown): Act {
  const { actions } = machine.implementations as { readonly actions: Readonly<Record<string, unknown>> };
  const isInline = typeof action === 'function';
  const name = typeof action === 'string' ? action : (action as Named).type;
  const found = isInline ? action : actions[name];
  if (typeof found !== 'function') throw new Error(`chart: there is no action ${name}`);
  const params = isInline || typeof action === 'string' ? undefined : (action as Named).params;
  // A function of somebody's own, which is called at once.
  const take = 'resolve' in found ? perform(found as Built, machine) : (found as (step: Step, params: unknown) => void);
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
