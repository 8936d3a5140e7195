import * as fc from 'fast-check';
import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ProcessInput } from './process-input.ts';

class Pipe extends Writable {
  readonly writes: string[] = [];
  #resume: (() => void) | null = null;
  readonly #stuck: boolean;

  constructor(stuck = false) {
    super({ highWaterMark: 1_000, decodeStrings: false });
    this.#stuck = stuck;
  }

  override _write(chunk: unknown, _: BufferEncoding, done: () => void): void {
    this.writes.push(String(chunk));
    if (this.#stuck) this.#resume = done;
    else done();
  }

  drain(): void {
    this.#resume?.();
  }
}

test('what is written in one turn of the loop leaves in one write', async () => {
  const pipe = new Pipe();
  const input = new ProcessInput(pipe);
  expect([input.write('one\n'), input.write('two\n')]).toEqual([true, true]);
  expect(pipe.writes).toEqual([]);
  await turn();
  input.write('three\n');
  await turn();
  expect(pipe.writes).toEqual(['one\ntwo\n', 'three\n']);
});

test('what is long leaves at once, behind what was held', async () => {
  const pipe = new Pipe();
  const input = new ProcessInput(pipe);
  input.write('one\n');
  input.write('x'.repeat(20_000));
  expect(pipe.writes).toEqual([`one\n${'x'.repeat(20_000)}`]);
  await turn();
  expect(pipe.writes).toHaveLength(1);
});

test('a full pipe is told of at the next write, and drains', async () => {
  const pipe = new Pipe(true);
  const input = new ProcessInput(pipe);
  expect(input.write('x'.repeat(2_000))).toBe(true);
  await turn();
  expect(input.write('more')).toBe(false);
  const drained = new Promise<void>((resolve) => pipe.once('drain', resolve));
  await turn();
  pipe.drain();
  await turn();
  pipe.drain();
  await drained;
  expect(input.write('again')).toBe(true);
});

test('the end comes behind all that was written; later writes are nothing', async () => {
  const pipe = new Pipe();
  const input = new ProcessInput(pipe);
  input.write('last');
  input.end();
  expect(input.write('late')).toBe(true);
  await turn();
  expect(pipe.writes).toEqual(['last']);
  expect(pipe.writableFinished).toBe(true);
});

test('a pipe that broke meanwhile is written to no more', async () => {
  const pipe = new Pipe();
  const input = new ProcessInput(pipe);
  input.write('lost');
  pipe.destroy();
  await turn();
  expect(pipe.writes).toEqual([]);
});

test('all leaves, in order', async () => {
  const step = fc.oneof(fc.string({ maxLength: 40 }), fc.constant(null), fc.constant('y'.repeat(17_000)));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const pipe = new Pipe();
      const input = new ProcessInput(pipe);
      for (const text of steps) {
        if (text === null) await turn();
        else input.write(text);
      }
      input.end();
      expect(pipe.writes.join('')).toBe(steps.map((text) => text ?? '').join(''));
    }),
    { numRuns: 50 },
  );
});
