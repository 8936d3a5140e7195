/**
 * Loaded into the gateway (`NODE_OPTIONS=--expose-gc --import …`) by tests that measure its memory: on SIGUSR2 it collects
 * garbage and tells how much of the heap is empty then. What is resident otherwise is held by somebody.
 */

import process from 'node:process';

/** How the line begins that tells it. */
export const heapFreeBytes = 'memory heapFreeBytes=';

process.on('SIGUSR2', () => {
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  // Buffers are given back by finalizers, which run after the collection that found them.
  setImmediate(() => {
    collect?.();
    setImmediate(() => {
      const { heapTotal, heapUsed } = process.memoryUsage();
      process.stderr.write(`${heapFreeBytes}${heapTotal - heapUsed}\n`);
    });
  });
});
