/** What anyone can know of the pool who only listens to its supervisor: which processes are up, who has a lease, who waits. */

import type { ModelEvent, Observed } from '../../actor.ts';
import { ranOut } from './contract.ts';

export interface KnownSlot {
  readonly epoch: number;
  /** Up: on its way to serve, or on its way out. */
  readonly phase: 'none' | 'up' | 'serving' | 'sick';
  /** Its process was told to stop. */
  readonly stopped: boolean;
}

export const steps = ['no', 'draining', 'cutting', 'stopping', 'closed'] as const;

export interface KnownPool {
  readonly opened: boolean;
  /** How far it has come to rest. */
  readonly rest: (typeof steps)[number];
  readonly slots: readonly KnownSlot[];
  readonly leases: readonly { readonly response: string; readonly slot: number }[];
  readonly waiting: readonly string[];
}

export const unopened = (size: number): KnownPool => ({
  opened: false,
  rest: 'no',
  slots: Array.from({ length: size }, () => ({ epoch: 0, phase: 'none', stopped: false })),
  leases: [],
  waiting: [],
});

/** What the events and commands of the pool say, as far as each does. */
export interface Told {
  readonly response: string;
  readonly slot: number;
  readonly epoch: number;
  readonly lease: { readonly slot: number; readonly epoch: number };
}

export const told = (event: ModelEvent): Told => event as unknown as Told;

const inSlot = (pool: KnownPool, slot: number, change: Partial<KnownSlot>): KnownPool => ({
  ...pool,
  slots: pool.slots.map((was, index) => (index === slot ? { ...was, ...change } : was)),
});

const heard = (pool: KnownPool, event: ModelEvent): KnownPool => {
  const { response, slot, epoch, lease } = told(event);
  const own = pool.slots[lease?.slot ?? slot]?.epoch === (lease?.epoch ?? epoch);
  switch (event.type) {
    case 'pool.opened':
      return { ...pool, opened: true };
    case 'drain.requested':
      return pool.rest === 'no' ? { ...pool, rest: pool.opened ? 'draining' : 'closed' } : pool;
    case 'lease.requested':
      return { ...pool, waiting: [...pool.waiting, response].sort() };
    case 'lease.cancelled':
      return { ...pool, leases: pool.leases.filter((one) => one.response !== response) };
    case 'lease.released': {
      const rest = pool.leases.filter((one) => one.response !== response || one.slot !== lease.slot);
      return own ? { ...pool, leases: rest } : pool;
    }
    case 'worker.risen': {
      const was = pool.slots[slot];
      return own && was?.phase === 'up' && !was.stopped ? inSlot(pool, slot, { phase: 'serving' }) : pool;
    }
    case 'worker.sickened':
      return own ? inSlot(pool, slot, { phase: 'sick' }) : pool;
    case 'worker.fallen': {
      const rest = pool.leases.filter((one) => one.slot !== slot);
      return own ? inSlot({ ...pool, leases: rest }, slot, { phase: 'none' }) : pool;
    }
    default:
      return pool;
  }
};

const said = (pool: KnownPool, command: ModelEvent): KnownPool => {
  const { response, slot, epoch, lease } = told(command);
  const waiting = pool.waiting.filter((one) => one !== response);
  switch (command.type) {
    case 'worker.start':
      return inSlot(pool, slot, { epoch, phase: 'up', stopped: false });
    case 'worker.stop':
      return inSlot(pool, slot, { stopped: true, phase: 'up' });
    case 'lease.grant': {
      const leases = [...pool.leases, { response, slot: lease.slot }];
      return { ...pool, waiting, leases: leases.sort((a, b) => (a.response < b.response ? -1 : 1)) };
    }
    case 'lease.refuse':
      return { ...pool, waiting };
    default:
      return pool;
  }
};

/** The next step is taken when nobody has a lease any more, or when the time for the last one has run out. */
const rests = (pool: KnownPool, late: string | null): KnownPool => {
  let { rest } = pool;
  if (late === 'drain') rest = 'cutting';
  if (late === 'cut' || ((rest === 'draining' || rest === 'cutting') && pool.leases.length === 0)) rest = 'stopping';
  if (rest === 'stopping' && (late === 'stop' || pool.slots.every(({ phase }) => phase === 'none'))) rest = 'closed';
  return { ...pool, rest };
};

/** Before it answers. */
export const afterHearing = (pool: KnownPool, { event }: Observed): KnownPool => heard(pool, event);

/** After its answer. */
export const afterSaying = (pool: KnownPool, seen: Observed): KnownPool =>
  rests(seen.commands.reduce(said, heard(pool, seen.event)), ranOut(seen));
