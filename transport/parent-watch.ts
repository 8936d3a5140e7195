/**
 * The end of a node that hangs while its parent is gone: nobody else is there to kill it, and it would keep the port. A thread of its own
 * looks after it, because the main one is the one that does not come round. Invariant: whoever does come round ends by itself before that,
 * with its last words said.
 */

import process from 'node:process';
import { Worker } from 'node:worker_threads';

/** From one look to the next, and from then on for the node to end by itself. */
const lookMs = 1_000;
const graceMs = 2_000;

/** All that the thread runs: it is told as text, and knows nothing of this file. */
const watch = (parent: number, everyMs: number, endMs: number): void => {
  const looking = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(looking);
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), endMs);
  }, everyMs);
};

/** To be called while the parent is there. */
export const watchParent = (): void => {
  const thread = new Worker(`(${String(watch)})(${process.ppid}, ${lookMs}, ${graceMs})`, {
    eval: true,
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
  });
  thread.unref();
  // Without it, all else is as it was.
  thread.on('error', () => {});
};
