/** A pool in any state, and what one step makes of it in words: `lease.grant a 0.1` is response a on slot 0, epoch 1. */

import type { Epoch, Lease, ResponseId } from '../machines/ids.ts';
import { Draft, openPool, type Pool, type PoolLimits, type SlotState, type Waiter } from '../machines/pool.ts';
import type { SupervisorCommand } from '../machines/protocol.ts';

export const poolLimits: PoolLimits = {
  turnsPerWorkerMax: 2,
  queueMax: 2,
  wornLeasesMax: 3,
  backoffInitialMs: 500,
  backoffMaxMs: 5_000,
  restartMax: 3,
  restartWindowMs: 600_000,
  settledMs: 10_000,
  drainMs: 30_000,
  cutMs: 5_000,
  stopMs: 10_000,
};

/** Who asks for a lease; `avoid`: for the second time. */
export const waiter = (response: string, avoid: Lease | null = null): Waiter => ({
  response: response as ResponseId,
  avoid,
});

/** Slots of epoch 1; what is not said is as in a pool that was just opened. */
export const poolOf = (slots: readonly Partial<SlotState>[], queue: readonly (string | Waiter)[] = []): Pool => {
  const pool = openPool(slots.length, poolLimits);
  const states = pool.slots.map((state, index) => ({ ...state, epoch: 1 as Epoch, ...slots[index] }));
  return { ...pool, slots: states, queue: queue.map((one) => (typeof one === 'string' ? waiter(one) : one)) };
};

const word = (command: SupervisorCommand): string => {
  const words: string[] = [command.type];
  if ('response' in command) words.push(command.response);
  if ('code' in command) words.push(command.code);
  const place = 'lease' in command ? command.lease : 'slot' in command ? command : null;
  if (place !== null) words.push(`${place.slot}.${place.epoch}`);
  return words.join(' ');
};

export interface Story {
  readonly pool: Pool;
  readonly phases: string;
  /** Who waits, in order. */
  readonly waiting: readonly ResponseId[];
  readonly commands: readonly string[];
  /** As in `slot.rested/0 in 500`. */
  readonly delayed: readonly string[];
  readonly cancelled: readonly string[];
}

export const taken = (pool: Pool, step: (draft: Draft) => void): Story => {
  const draft = new Draft(pool);
  step(draft);
  const { limits, slots, queue, last } = draft;
  return {
    pool: { limits, slots, queue, last },
    phases: slots.map(({ phase }) => phase).join(' '),
    waiting: queue.map(({ response }) => response),
    commands: draft.commands.map(word),
    delayed: draft.delayed.map(({ event, id, delayMs }) => `${event.type} ${event.slot} as ${id} in ${delayMs}`),
    cancelled: draft.cancelled,
  };
};
