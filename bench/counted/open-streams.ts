/**
 * What a stream costs that is open and says nothing: bytes of the heap and of buffers when all else was collected, for each of the
 * streams that are open beyond the first ones. The larger part of what bounds how many a process can hold.
 */

import { type Asked, Rig } from '../micro/rig.ts';
import type { Costs } from './costs.ts';

/** So that lists that all streams share have grown, and code is compiled. */
const first = 500;
const more = 2_000;
const collections = 4;

const usedBytes = async (rig: Rig): Promise<number> => {
  for (let at = 0; at < collections; at += 1) {
    globalThis.gc?.();
    await rig.settle();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Of a process of its own, with `--expose-gc`. Nothing else is counted of a stream that says nothing. */
export const countOpenStreams = async (): Promise<Record<string, Costs>> => {
  const rig = await Rig.start();
  const responses: Asked['response'][] = [];
  const open = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      const { response, lines } = await rig.ask('/v1/responses');
      rig.worker.say(Buffer.from(lines.opened() + lines.delta('twenty bytes of text')));
      responses.push(response);
    }
    await rig.settle();
  };
  await open(first);
  const before = await usedBytes(rig);
  await open(more);
  const after = await usedBytes(rig);
  if (responses.some(({ status, ended }) => status !== 200 || ended)) throw new Error('a stream is not open');
  const heapBytes = Math.round((after - before) / more);
  return { 'open stream': { letters: 0, parsedBytes: 0, stringifiedBytes: 0, writes: 0, writtenBytes: 0, heapBytes } };
};
