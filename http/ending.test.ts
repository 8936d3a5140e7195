import { beforeEach, describe, expect, test } from 'vitest';
import { TestJournal } from '../testkit/front-end.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { type Among, Ending } from './ending.ts';
import { limits } from './limits.ts';

const drainMs = 30_000;
const turns = async (): Promise<void> => {
  for (let at = 0; at < 10; at += 1) await Promise.resolve();
};

let clock: VirtualClock;
let codes: number[];
let closedWithin: number[];
let abort: () => Promise<void> | void;
let drained: PromiseWithResolvers<void>;
let closed: PromiseWithResolvers<void>;
let settled: PromiseWithResolvers<void>;
let journal: TestJournal;
let left: number[];
let ending: Ending;
const endingWith = (noticeMs: number, among: Among | null = null): Ending =>
  new Ending({
    clock,
    journal,
    node: { drain: () => drained.promise, abort: () => abort() },
    server: {
      leave: () => left.push(clock.now()),
      close: (ms) => {
        closedWithin.push(ms);
        return closed.promise;
      },
    },
    settled: () => settled.promise,
    noticeMs,
    drainMs,
    among,
    lastWordsMs: limits.lastWordsMs,
    exit: (code) => codes.push(code),
  });

beforeEach(() => {
  clock = new VirtualClock();
  journal = new TestJournal();
  [codes, closedWithin, abort] = [[], [], () => {}];
  drained = Promise.withResolvers();
  closed = Promise.withResolvers();
  settled = Promise.withResolvers();
  left = [];
  ending = endingWith(0);
});

const drainNode = async (afterMs: number): Promise<void> => {
  clock.advance(afterMs);
  drained.resolve();
  await turns();
};

describe('a drain', () => {
  test('ends 70 when an error was made elsewhere, in what ends together with this', async () => {
    ending.signal('SIGTERM');
    ending.erred();
    for (const { resolve } of [drained, closed, settled]) {
      resolve();
      await turns();
    }
    expect(codes).toEqual([70]);
  });

  test('ends 0 when the node, the connections and the folders are done, in that order', async () => {
    ending.signal('SIGTERM');
    for (const step of [drained, closed, settled]) {
      await turns();
      expect(codes).toEqual([]);
      step.resolve();
    }
    await turns();
    expect(codes).toEqual([0]);
    expect(journal.events).toEqual(['shutdown_initiated', 'shutdown_complete']);
    expect(clock.pending).toBe(0);
  });

  test.for([
    [1_000, drainMs - 1_000],
    [drainMs + 5_000, limits.lastWordsMs],
  ])('that took %d ms leaves slow readers %d ms', async ([took, left]) => {
    ending.signal('SIGTERM');
    await drainNode(took as number);
    expect(closedWithin).toEqual([left]);
  });

  test('does not wait for ever for folders', async () => {
    ending.signal('SIGTERM');
    closed.resolve();
    await drainNode(0);
    clock.advance(limits.settleMs);
    await turns();
    expect(codes).toEqual([0]);
  });

  test.for([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('is cut short by a later %s, with %d; the echo of the first signal changes nothing', ([name, code]) => {
    ending.signal('SIGINT');
    clock.advance(limits.insistMs);
    ending.signal(name);
    expect(codes).toEqual([]);
    clock.advance(1);
    ending.signal(name);
    expect(codes).toEqual([code]);
  });
});

describe('with notice', () => {
  test('edges are told at once, and nobody is refused before it is over', async () => {
    ending = endingWith(2_000);
    ending.signal('SIGTERM');
    expect([left, journal.events]).toEqual([[clock.now()], ['shutdown_announced']]);
    clock.advance(1_999);
    await turns();
    expect(journal.events).toEqual(['shutdown_announced']);
    clock.advance(1);
    await turns();
    expect(journal.events).toEqual(['shutdown_announced', 'shutdown_initiated']);
    await drainNode(1_000);
    expect(closedWithin).toEqual([drainMs - 1_000]);
  });

  test('somebody who insists does not wait for it', () => {
    ending = endingWith(60_000);
    ending.signal('SIGTERM');
    clock.advance(limits.insistMs + 1);
    ending.signal('SIGTERM');
    expect(codes).toEqual([143]);
  });
});

describe('a programmer’s error', () => {
  test('is told once, and ends 70 when clients have had time to hear of it', () => {
    ending.bug(new Error('first'));
    ending.bug(new Error('second'));
    expect(journal.lines).toEqual([{ event: 'bug', facts: { cause: expect.stringContaining('first') } }]);
    clock.advance(limits.lastWordsMs - 1);
    expect(codes).toEqual([]);
    clock.advance(1);
    expect(codes).toEqual([70]);
  });

  test('of one among several costs nothing of what it has counted, answers that failed by it included', () => {
    const counted: number[] = [];
    const nothing = (): void => {};
    const among = { retire: nothing, lingerMs: 0, leaving: nothing, counted: () => counted.push(clock.now()) };
    const failedAt = clock.now();
    endingWith(0, among).bug(new Error('first'));
    clock.advance(limits.lastWordsMs);
    expect([counted, codes]).toEqual([[failedAt + limits.lastWordsMs / 2], [70]]);
  });

  test('ends 70 as soon as nobody has to be told any more, where that can be known', async () => {
    const told = Promise.withResolvers<void>();
    abort = () => told.promise;
    ending.bug(new Error('first'));
    await turns();
    expect(codes).toEqual([]);
    told.resolve();
    await turns();
    expect(codes).toEqual([70]);
  });

  test('ends 70 also when nobody knows, because that failed, too', async () => {
    abort = () => Promise.reject(new Error('broken as well'));
    ending.bug(new Error('first'));
    await turns();
    expect(codes).toEqual([]);
    clock.advance(limits.lastWordsMs);
    expect(codes).toEqual([70]);
  });

  test('ends 70 also when the responses cannot be told', () => {
    abort = () => {
      throw new Error('broken as well');
    };
    ending.bug(new Error('first'));
    clock.advance(limits.lastWordsMs);
    expect(codes).toEqual([70]);
  });

  test('in a drain makes it end 70, however quickly the drain is done', async () => {
    ending.signal('SIGTERM');
    ending.bug(new Error('meanwhile'));
    closed.resolve();
    settled.resolve();
    await drainNode(0);
    expect(codes).toEqual([]);
    clock.advance(limits.lastWordsMs);
    expect(codes).toEqual([70]);
  });

  test('is what a drain that fails is', async () => {
    ending.signal('SIGTERM');
    drained.reject(new Error('no drain'));
    await turns();
    clock.advance(limits.lastWordsMs);
    expect(codes).toEqual([70]);
  });
});
