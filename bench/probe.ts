/**
 * Loaded into a subject by scenarios that look inside (`--expose-gc --import`): tells, on the socket of `BENCH_PROBE`, what is held
 * once garbage is collected, and how long the event loop stood still. Invariant: nothing runs unless it is asked.
 */

import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { memoryBytes } from './processes.ts';

const collections = 3;
const nanosPerMs = 1e6;
const loop = monitorEventLoopDelay({ resolution: 1 });

/** Buffers are given back by finalizers, which run after the collection that found them. */
async function collect(): Promise<object> {
  for (let index = 0; index < collections; index += 1) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { residentBytes: memoryBytes(process.pid), heapBytes: heapUsed, externalBytes: external };
}

function answer(asked: string): object | Promise<object> {
  if (asked === 'memory') return collect();
  if (asked === 'watch') {
    loop.reset();
    loop.enable();
    return {};
  }
  loop.disable();
  return { p99Ms: loop.percentile(99) / nanosPerMs, maxMs: loop.max / nanosPerMs };
}

const { BENCH_PROBE: path = '' } = process.env;
createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (asked) => {
    void Promise.resolve(answer(asked.toString().trim())).then((told) => socket.end(JSON.stringify(told)));
  });
})
  .listen(path)
  .unref();
