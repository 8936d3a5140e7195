import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pace, type Paced, pressureTurns, writesPerTurn } from './pace.ts';

const windowMs = 10;

/** A loop that is moved by hand: news come in, then the turn ends. */
class Loop {
  ms = 0;
  rested = 0;
  ends: (() => void)[] = [];

  afterTurn(run: () => void): void {
    this.ends.push(run);
  }

  restedMs(): number {
    return this.rested;
  }

  now(): number {
    return this.ms;
  }

  /** Ends this turn; it took that long. */
  end(ms = 1): void {
    this.ms += ms;
    for (const run of this.ends.splice(0)) run();
  }

  rest(ms = 1): void {
    this.ms += ms;
    this.rested += ms;
  }
}

class Reader implements Paced {
  waiting = false;
  heldAt = 0;
  turn = 0;
  writes = 0;
  /** When the oldest of what it has not written came. */
  since: number | null = null;

  write(): void {
    this.writes += 1;
    this.since = null;
  }
}

const paced = (ms = windowMs) => {
  const loop = new Loop();
  const pace = new Pace(loop, ms);
  return { loop, pace };
};

/** Brings the loop under pressure. */
const press = ({ loop, pace }: ReturnType<typeof paced>): void => {
  const other = new Reader();
  for (let turn = 0; turn <= pressureTurns; turn += 1) {
    pace.tell(other);
    loop.end(turn === pressureTurns ? windowMs : 0);
  }
  expect(pace.held).toBe(0);
};

test('what comes after a rest leaves at once, however often', () => {
  const { loop, pace } = paced();
  const reader = new Reader();
  for (let round = 1; round < 20; round += 1) {
    pace.tell(reader);
    expect(reader.writes).toBe(round);
    loop.end();
    loop.rest();
  }
});

test('what comes in the same turn for the same reader leaves together at its end', () => {
  const { loop, pace } = paced();
  const [one, other] = [new Reader(), new Reader()];
  for (let count = 0; count < 5; count += 1) for (const reader of [one, other]) pace.tell(reader);
  expect([one.writes, other.writes]).toEqual([1, 1]);
  loop.end();
  expect([one.writes, other.writes, pace.held]).toEqual([2, 2, 0]);
});

test('under pressure a reader writes once in a window, and as soon as nothing new comes', () => {
  const set = paced();
  press(set);
  const { loop, pace } = set;
  const reader = new Reader();
  for (let turn = 0; turn < 5 * windowMs; turn += 1) {
    pace.tell(reader);
    loop.end();
  }
  expect(reader.writes).toBe(5);
  pace.tell(reader);
  loop.end();
  expect(reader.writes).toBe(5);
  loop.end();
  expect([reader.writes, pace.held, loop.ends.length]).toEqual([6, 0, 0]);
  loop.rest();
  pace.tell(reader);
  expect(reader.writes).toBe(7);
});

test('of very many some write in each turn', () => {
  const set = paced();
  press(set);
  const { loop, pace } = set;
  const readers = Array.from({ length: 3 * writesPerTurn + 1 }, () => new Reader());
  for (const reader of readers) pace.tell(reader);
  loop.end(windowMs);
  const written = (): number => readers.filter(({ writes }) => writes > 0).length;
  for (let turn = 1; turn <= 3; turn += 1) {
    expect(written()).toBe(turn * writesPerTurn);
    loop.end();
  }
  expect([written(), pace.held, loop.ends.length]).toEqual([readers.length, 0, 0]);
});

test('what comes after a rest for very many does not leave all at once', () => {
  const { loop, pace } = paced();
  const readers = Array.from({ length: 2 * writesPerTurn + 1 }, () => new Reader());
  for (const reader of readers) pace.tell(reader);
  const written = (): number => readers.filter(({ writes }) => writes > 0).length;
  expect(written()).toBe(writesPerTurn);
  loop.end();
  expect(written()).toBe(2 * writesPerTurn);
  loop.end();
  expect([written(), pace.held, loop.ends.length]).toEqual([readers.length, 0, 0]);
});

test('under pressure very many write once in a window, too', () => {
  const set = paced();
  press(set);
  const { loop, pace } = set;
  const readers = Array.from({ length: 3 * writesPerTurn }, () => new Reader());
  for (let turn = 0; turn < 10 * windowMs; turn += 1) {
    for (const reader of readers) pace.tell(reader);
    loop.end();
  }
  const writes = readers.map((reader) => reader.writes);
  expect(Math.max(...writes)).toBeLessThanOrEqual(10);
  expect(Math.min(...writes)).toBeGreaterThanOrEqual(7);
});

test('a reader that fails takes nobody else with it', () => {
  const set = paced();
  press(set);
  const { loop, pace } = set;
  const bad = new Reader();
  bad.write = () => {
    throw new Error('of the test');
  };
  const good = new Reader();
  for (const reader of [bad, good]) pace.tell(reader);
  expect(() => loop.end(windowMs)).toThrow('of the test');
  expect([good.writes, good.waiting]).toEqual([1, false]);
  loop.rest();
  pace.tell(good);
  expect(good.writes).toBe(2);
});

test('without a window everything leaves at once', () => {
  const { loop, pace } = paced(0);
  const reader = new Reader();
  for (let count = 1; count < 5; count += 1) {
    pace.tell(reader);
    expect(reader.writes).toBe(count);
  }
  expect(loop.ends).toEqual([]);
});

test('whatever comes when, all is written, soon, and nobody waits for a loop that rests', () => {
  const step = fc.record({
    tells: fc.array(fc.nat(3), { maxLength: 6 }),
    turnMs: fc.nat(4),
    restMs: fc.constantFrom(0, 0, 0, 1),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { loop, pace } = paced();
      const readers = Array.from({ length: 4 }, () => new Reader());
      for (const { tells, turnMs, restMs } of steps) {
        for (const index of tells) {
          const reader = readers[index];
          if (reader === undefined) throw new Error('no reader');
          reader.since ??= loop.ms;
          const { writes } = reader;
          pace.tell(reader);
          if (reader.writes > writes) reader.since = null;
        }
        loop.end(turnMs);
        for (const { since } of readers) if (since !== null) expect(loop.ms - since).toBeLessThan(windowMs + 4);
        // A loop that has something to do does not rest.
        if (loop.ends.length === 0) loop.rest(restMs);
      }
      for (let turn = 0; turn < 2; turn += 1) loop.end();
      expect([readers.some(({ waiting, since }) => waiting || since !== null), pace.held]).toEqual([false, 0]);
      expect(loop.ends).toEqual([]);
    }),
  );
});
