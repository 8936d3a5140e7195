import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { poolLimits } from '../testkit/house.ts';
import { begin, type Run, take } from '../testkit/machine-run.ts';
import type { Epoch, Lease, ResponseId, Slot } from './ids.ts';
import type { Pool } from './pool.ts';
import { supervisorMachine } from './supervisor.ts';

const slot = 0 as Slot;
const response = 'resp_x' as ResponseId;
const lease = { slot, epoch: 1 as Epoch };

describe('the supervisor machine', () => {
  test('lets early requests wait until the pool is opened, and refuses them when it never is', () => {
    for (const [event, expected] of [
      ['pool.opened', ['worker.start']],
      ['drain.requested', ['lease.refuse', 'pool.close']],
    ] as const) {
      const run = begin(supervisorMachine, { size: 1, limits: poolLimits });
      take(supervisorMachine, run, { type: 'lease.requested', response, avoid: null });
      take(supervisorMachine, run, { type: event });
      expect(run.commands.map((command) => command.type)).toEqual(expected);
    }
  });

  test('ignores what is said about earlier processes, in every state', () => {
    for (const state of ['running', 'draining', 'stopping', 'stopped'] as const) {
      const run = begin(supervisorMachine, { size: 1, limits: poolLimits });
      take(supervisorMachine, run, { type: 'pool.opened' });
      if (state !== 'running') {
        take(supervisorMachine, run, { type: 'worker.risen', slot, epoch: 1 });
        take(supervisorMachine, run, { type: 'lease.requested', response, avoid: null });
        take(supervisorMachine, run, { type: 'drain.requested' });
      }
      if (state === 'stopping' || state === 'stopped')
        take(supervisorMachine, run, { type: 'lease.released', response, lease });
      if (state === 'stopped') take(supervisorMachine, run, { type: 'worker.fallen', slot, epoch: 1, jitter: 0 });
      expect(run.snapshot.matches(state)).toBe(true);
      const before = JSON.stringify(run.snapshot.context);
      for (const type of ['worker.risen', 'worker.fallen', 'worker.tired']) {
        take(supervisorMachine, run, { type, slot, epoch: 9, jitter: 0 });
      }
      take(supervisorMachine, run, {
        type: 'lease.released',
        response,
        lease: { slot, epoch: 9 },
        clean: false,
      });
      expect(JSON.stringify(run.snapshot.context)).toBe(before);
      expect(run.commands.some((command) => command.type === 'bug.report')).toBe(false);
    }
  });

  /** The world around a supervisor that plays by the rules: what it may say depends on what it was told. */
  class World {
    readonly run: Run = begin(supervisorMachine, { size: 2, limits: poolLimits });
    /** Processes that were started and have not fallen. */
    readonly alive = new Map<Slot, { epoch: Epoch; risen: boolean; told: boolean }>();
    readonly leases = new Map<ResponseId, Lease>();
    /** How often each has asked. */
    readonly asked = new Map<ResponseId, number>();
    readonly answers = new Map<ResponseId, number>();
    #seen = 0;
    #count = 0;

    take(event: { readonly type: string; readonly [key: string]: unknown }): void {
      take(supervisorMachine, this.run, event);
      for (const command of this.run.commands.slice(this.#seen)) {
        this.#seen += 1;
        if (command.type === 'bug.report') throw new Error(`unexpected ${command.event}`);
        if (command.type === 'worker.start') {
          // At most one process at a time, and its epoch is new.
          expect(this.alive.has(command.slot)).toBe(false);
          this.alive.set(command.slot, { epoch: command.epoch, risen: false, told: false });
        } else if (command.type === 'worker.stop') {
          // Only a process that serves nobody is told to stop.
          expect([...this.leases.values()].some((one) => one.slot === command.slot)).toBe(false);
          const process = this.alive.get(command.slot);
          if (process?.epoch === command.epoch) process.told = true;
        } else if (command.type === 'lease.grant') {
          this.answers.set(command.response, (this.answers.get(command.response) ?? 0) + 1);
          // Granted on a process that is up, was not told to stop, and has room.
          expect(this.alive.get(command.lease.slot)).toEqual({ epoch: command.lease.epoch, risen: true, told: false });
          this.leases.set(command.response, command.lease);
          const here = [...this.leases.values()].filter((one) => one.slot === command.lease.slot);
          expect(here.length).toBeLessThanOrEqual(poolLimits.turnsPerWorkerMax);
        } else if (command.type === 'lease.refuse') {
          this.answers.set(command.response, (this.answers.get(command.response) ?? 0) + 1);
        } else if (command.type === 'lease.revoke') {
          expect(this.leases.get(command.response)).toEqual(command.lease);
          this.leases.delete(command.response);
        }
      }
      const { slots, queue } = this.run.snapshot.context as Pool;
      expect(slots.flatMap((one) => one.leases).toSorted()).toEqual([...this.leases.keys()].toSorted());
      const waits = (id: ResponseId): number => queue.filter((one) => one.response === id).length;
      expect(queue.filter(({ avoid }) => avoid === null).length).toBeLessThanOrEqual(poolLimits.queueMax);
      for (const [id, times] of this.asked) expect((this.answers.get(id) ?? 0) + waits(id)).toBe(times);
    }

    request(): void {
      this.#count += 1;
      const id = `resp_${this.#count}` as ResponseId;
      this.#ask(id, null);
    }

    #ask(response: ResponseId, avoid: Lease | null): void {
      this.asked.set(response, (this.asked.get(response) ?? 0) + 1);
      this.take({ type: 'lease.requested', response, avoid });
    }

    /** A worker that has no room: its lease comes back, and another process is wanted. */
    retry(pick: number): void {
      const entries = [...this.leases];
      const entry = entries[pick % Math.max(1, entries.length)];
      if (entry === undefined) return;
      const [id, avoid] = entry;
      this.leases.delete(id);
      this.take({ type: 'lease.released', response: id, lease: avoid });
      this.#ask(id, avoid);
      expect(this.leases.get(id)).not.toEqual(avoid);
    }

    cancel(pick: number): void {
      const ids = [...this.asked.keys()];
      const id = ids[pick % Math.max(1, ids.length)];
      if (id === undefined) return;
      // A grant that it crosses is given back by it.
      this.leases.delete(id);
      this.take({ type: 'lease.cancelled', response: id });
    }

    release(pick: number): void {
      const entries = [...this.leases];
      const entry = entries[pick % Math.max(1, entries.length)];
      if (entry === undefined) return;
      this.leases.delete(entry[0]);
      this.take({ type: 'lease.released', response: entry[0], lease: entry[1] });
    }

    process(what: 'rise' | 'fall' | 'tire' | 'sicken', pick: number): void {
      const entries = [...this.alive];
      const entry = entries[pick % Math.max(1, entries.length)];
      if (entry === undefined) return;
      const [where, process] = entry;
      const said = { slot: where, epoch: process.epoch };
      if (what === 'fall') {
        this.alive.delete(where);
        this.take({ type: 'worker.fallen', ...said, jitter: 0 });
      } else if (what === 'rise') {
        if (process.risen) return;
        process.risen = true;
        this.take({ type: 'worker.risen', ...said });
      } else if (process.risen) {
        // From here on nothing may be granted on it.
        if (what === 'sicken') process.told = true;
        this.take({ type: what === 'tire' ? 'worker.tired' : 'worker.sickened', ...said });
      }
    }

    time(what: 'slot.rested' | 'slot.settled' | 'slot.forgiven', pick: number): void {
      const where = pick % 2;
      const state = (this.run.snapshot.context as Pool).slots[where];
      if (what === 'slot.rested' && state?.phase !== 'resting') return;
      this.take({ type: what, slot: where });
    }
  }

  const deed = fc.tuple(
    fc.constantFrom(
      'request',
      'request',
      'cancel',
      'release',
      'release',
      'retry',
      'rise',
      'rise',
      'fall',
      'tire',
      'sicken',
      'rested',
      'settled',
      'forgiven',
      'login',
      'drain',
    ),
    fc.nat({ max: 20 }),
  );

  test('answers each request once, leases only what is in service, and runs one process a slot', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 80 }), (script) => {
        const world = new World();
        world.take({ type: 'pool.opened' });
        for (const [what, pick] of script) {
          if (what === 'request') world.request();
          else if (what === 'cancel') world.cancel(pick);
          else if (what === 'release') world.release(pick);
          else if (what === 'retry') world.retry(pick);
          else if (what === 'login') world.take({ type: 'credentials.changed', slot: pick % 2 });
          else if (what === 'drain' && pick === 0) world.take({ type: 'drain.requested' });
          else if (what === 'rested' || what === 'settled' || what === 'forgiven') world.time(`slot.${what}`, pick);
          else if (what === 'rise' || what === 'fall' || what === 'tire' || what === 'sicken')
            world.process(what, pick);
        }
        // Every process that ends and every lease that comes back: the pool drains to nothing.
        world.take({ type: 'drain.requested' });
        while (world.leases.size > 0) world.release(0);
        while (world.alive.size > 0) world.process('fall', 0);
        expect(world.run.snapshot.matches('stopped')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
