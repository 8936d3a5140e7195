import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { House, poolLimits } from '../testkit/house.ts';
import { createDiagnostics } from '../transport/diagnostics.ts';
import { createJournal } from '../transport/journal.ts';
import type { HttpHappenings } from './happenings.ts';
import { behind, keepStanding, type Place, standing } from './standing.ts';

const states = ['held', 'starting', 'ready', 'draining', 'sick', 'stopping', 'resting', 'open', 'stopped'] as const;
const workersOf = (...all: readonly string[]) => all.map((state) => ({ state }));

test('with a worker that is ready in front; behind only when all have died and rest; in between where it is', () => {
  const places = fc.constantFrom<Place>('front', 'back');
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...states), { minLength: 1, maxLength: 4 }), places, (all, place) => {
      const next = standing(workersOf(...all), place);
      if (all.includes('ready')) expect(next).toBe('front');
      else if (all.every((state) => state === 'resting' || state === 'open')) expect(next).toBe('back');
      else expect(next).toBe(place);
      expect(standing(workersOf(...all), next)).toBe(next);
    }),
  );
});

test('there is a place behind an address of IPv4, on Linux', () => {
  expect(behind('127.0.0.1', 'linux')).toBe('::ffff:127.0.0.1');
  expect(behind('0.0.0.0', 'linux')).toBe('::ffff:0.0.0.0');
  for (const host of ['::', '::1', 'localhost']) expect(behind(host, 'linux')).toBeNull();
  expect(behind('127.0.0.1', 'darwin')).toBeNull();
});

/** A whole node whose place is kept. `opens`: whether a socket can be had. */
const kept = (workers: number, opens: () => boolean = () => true) => {
  const diagnostics = createDiagnostics<HttpHappenings>(() => {});
  const journal = createJournal(diagnostics);
  const house = new House({ workers, pool: { ...poolLimits, restartMax: 25 } }, undefined, { journal, diagnostics });
  const told: string[] = [];
  const moves: Place[] = [];
  diagnostics.watch('event.logged', ({ event }) => void (event.startsWith('node_') && told.push(event)));
  keepStanding({
    watch: diagnostics.watch,
    clock: house.clock,
    journal,
    health: () => house.node.health(),
    stand: (place) => {
      if (!opens()) return false;
      moves.push(place);
      return true;
    },
  });
  return { house, told, moves, place: (): Place => moves.at(-1) ?? 'front' };
};

test('a node steps aside when its only worker dies, and is back when the next one is ready', () => {
  const { house, told, place } = kept(1);
  house.rise();
  expect(told).toEqual([]);
  house.launcher.worker(0).exit();
  expect(place()).toBe('back');
  house.clock.advance(poolLimits.backoffInitialMs);
  expect(house.node.health().workers[0]?.state).toBe('starting');
  expect(place()).toBe('back');
  house.launcher.worker(0).rise();
  expect([place(), told]).toEqual(['front', ['node_aside', 'node_back']]);
});

test('a node that drains stays where it is', () => {
  const { house, moves } = kept(1);
  house.rise();
  void house.node.drain();
  house.launcher.worker(0).exit(0);
  house.clock.advance(60_000);
  expect(moves).toEqual([]);
});

test('without a socket it stays behind, and tries again', () => {
  let opens = true;
  const { house, place, told } = kept(1, () => opens);
  house.rise();
  house.launcher.worker(0).exit();
  opens = false;
  house.clock.advance(poolLimits.backoffInitialMs);
  house.launcher.worker(0).rise();
  house.clock.advance(3_500);
  expect([place(), told]).toEqual(['back', ['node_aside']]);
  opens = true;
  house.clock.advance(1_000);
  expect([place(), told]).toEqual(['front', ['node_aside', 'node_back']]);
});

test('whatever becomes of its workers, it stands as it should, and moves at most twice for each restart', () => {
  const acts = fc.record({
    act: fc.constantFrom('rise', 'exit', 'exit', 'wait'),
    slot: fc.nat({ max: 2 }),
    ms: fc.nat({ max: 20_000 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.array(acts, { maxLength: 60 }), (workers, story) => {
      const { house, moves, place } = kept(workers);
      for (const { act, slot, ms } of story) {
        const running = house.launcher.channels.findLast((channel) => channel.slot === slot % workers);
        if (act === 'rise') running?.rise();
        else if (act === 'exit') running?.exit();
        else house.clock.advance(ms);
        const health = house.node.health();
        const restarts = health.workers.reduce((sum, worker) => sum + worker.restartsTotal, 0);
        if (health.ready) expect(place()).toBe('front');
        if (health.workers.every(({ state }) => state === 'resting' || state === 'open')) expect(place()).toBe('back');
        // The last restart may not have come yet, and a circuit opens without one.
        const opened = health.workers.filter(({ state }) => state === 'open').length;
        expect(moves.length).toBeLessThanOrEqual(2 * (restarts + opened));
      }
    }),
    { numRuns: 100 },
  );
});
