import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { inBundles, LogOutput, outletOf, streamOutlet } from './log-output.ts';

/** Whoever reads takes what waits only when told to. */
class SlowReader extends Writable {
  readonly taken: string[] = [];
  #next: (() => void) | null = null;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#next = () => {
      this.taken.push(...chunk.toString().split('\n').filter(Boolean));
      done();
    };
  }

  async takeAll(): Promise<void> {
    await new Promise(setImmediate);
    for (let next = this.#next; next !== null; next = this.#next) {
      this.#next = null;
      next();
      await new Promise(setImmediate);
    }
  }
}

const gap = () => {
  const counted = {
    lost: (count: number): string => `lost ${count}`,
    count: 0,
    dropped: () => void (counted.count += 1),
  };
  return counted;
};

test('every line arrives in its order or is counted, and what waits has a bound', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 8 }), async (bursts) => {
      const reader = new SlowReader();
      const gaps = gap();
      const output = new LogOutput(streamOutlet(reader, 100), gaps);
      let written = 0;
      for (const burst of [...bursts, 1]) {
        for (let line = 0; line < burst; line += 1) {
          output.write(`line ${written}`);
          written += 1;
          expect(reader.writableLength).toBeLessThan(140);
        }
        await reader.takeAll();
      }
      let next = 0;
      for (const line of reader.taken) {
        const missing = /^lost (\d+)$/.exec(line)?.[1];
        if (missing !== undefined) next += Number(missing);
        else expect(line).toBe(`line ${next++}`);
      }
      expect(next).toBe(written);
      expect(reader.taken.filter((line) => line.startsWith('line')).length + gaps.count).toBe(written);
    }),
    { numRuns: 50 },
  );
});

test('lines that come together leave together, in their order, and what is told at the end leaves with them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ lines: fc.nat(40), isLate: fc.boolean(), reads: fc.boolean() }), { maxLength: 8 }),
      async (bursts) => {
        const reader = new SlowReader();
        const gaps = gap();
        const due: (() => void)[] = [];
        const output = new LogOutput(streamOutlet(reader, 100), gaps, (flush) => due.push(flush));
        let written = 0;
        for (const { lines, isLate, reads } of [...bursts, { lines: 1, isLate: true, reads: true }]) {
          for (let line = 0; line < lines; line += 1) output.write(`line ${written++}`);
          expect(due.length).toBeLessThanOrEqual(1);
          if (isLate) due.pop()?.();
          if (reads) await reader.takeAll();
        }
        output.flush();
        await reader.takeAll();
        let next = 0;
        for (const line of reader.taken) {
          const missing = /^lost (\d+)$/.exec(line)?.[1];
          if (missing !== undefined) next += Number(missing);
          else expect(line).toBe(`line ${next++}`);
        }
        expect(reader.taken.filter((line) => line.startsWith('line')).length + gaps.count).toBe(written);
      },
    ),
    { numRuns: 50 },
  );
});

test('lines leave at the end of the turn, and some time later only when the loop has had no rest for many of them', () => {
  const told: string[] = [];
  let restedMs = 1;
  const soon = inBundles({
    afterTurn: (run) => run(),
    later: (delayMs, run) => {
      told.push(`after ${delayMs} ms`);
      run();
    },
    restedMs: () => restedMs,
  });
  const write = (times: number): void => {
    for (let time = 0; time < times; time += 1) soon(() => told.push('flush'));
  };
  write(8);
  expect(told.splice(0)).toEqual(Array.from({ length: 8 }, () => 'flush'));
  write(2);
  expect(told.splice(0)).toEqual(['after 5 ms', 'flush', 'after 5 ms', 'flush']);
  restedMs += 3;
  write(8);
  expect(told).toEqual(Array.from({ length: 8 }, () => 'flush'));
});

test('what waits for others has a bound of its own', () => {
  const reader = new SlowReader();
  const output = new LogOutput(streamOutlet(reader), gap(), () => {});
  output.write('x'.repeat(40_000));
  expect(reader.writableLength).toBe(40_001);
});

test('a reader that is gone costs nothing but the lines', () => {
  const reader = new SlowReader();
  reader.destroy();
  const gaps = gap();
  const output = new LogOutput(streamOutlet(reader), gaps);
  for (let line = 0; line < 10; line += 1) output.write('x');
  expect(gaps.count).toBe(10);
});

test('a file gets its lines at once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'log-output-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const fd = openSync(join(folder, 'log'), 'a');
  const gaps = gap();
  const output = new LogOutput(outletOf(Object.assign(new SlowReader(), { fd })), gaps);
  output.write('one');
  output.write('two');
  expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('one\ntwo\n');
  closeSync(fd);
  output.write('three');
  expect(gaps.count).toBe(1);
});

test.runIf(process.platform === 'linux')('a full disk drops lines, and nothing else', () => {
  const fd = openSync('/dev/full', 'a');
  onTestFinished(() => closeSync(fd));
  const gaps = gap();
  const output = new LogOutput(outletOf(Object.assign(new SlowReader(), { fd })), gaps);
  output.write('one');
  expect(gaps.count).toBeLessThanOrEqual(1);
});

test('at the end of the process it is known when all that waits has left, and a reader that is gone holds up nobody', async () => {
  const reader = new SlowReader();
  const output = new LogOutput(streamOutlet(reader), gap());
  await output.settled();
  for (let line = 0; line < 3; line += 1) output.write(`line ${line}`);
  let isSettled = false;
  const settled = output.settled().then(() => (isSettled = true));
  await new Promise(setImmediate);
  expect(isSettled).toBe(false);
  await reader.takeAll();
  await settled;
  expect(reader.taken).toEqual(['line 0', 'line 1', 'line 2']);
  reader.on('error', () => {});
  output.write('nobody takes it');
  const lost = output.settled();
  reader.destroy();
  await lost;
  await output.settled();
});
