// Installing under the lock, once at a time, with the Node that will run the project: npm picks native packages by the
// Node that runs npm.
// Invariant: the kernel holds the lock for as long as any installing process lives, because npm inherits the
// descriptor. A killed launcher therefore leaves no stale lock, and its orphaned npm is waited for.

import { closeSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { childEnd, exitAs, withNodeFirst } from './launch-run.mjs';

// --include beats NODE_ENV=production and a user's omit=; without it the tests, or uWebSockets.js, would be left out.
const npmArguments = [
  'ci',
  '--include=dev',
  '--include=optional',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--prefer-offline',
  '--fetch-retries=2',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=5000',
];

/** Runs `npm ci` in `folder` under the given Node; rejects with one line where npm fails. */
export async function npmCi(folder, execPath, lock) {
  const npm = process.env.npm_execpath;
  // Another package manager's scripts set npm_execpath to itself.
  const [command, first] = npm && /^npm(-cli)?\.c?js$/.test(basename(npm)) ? [execPath, [npm]] : ['npm', []];
  const end = await childEnd(command, [...first, ...npmArguments], {
    cwd: folder,
    env: withNodeFirst(execPath),
    // Node closes what it was not told to pass on, so npm gets the lock's descriptor by name.
    stdio: ['ignore', 2, 2, ...(lock === undefined ? [] : [lock])],
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (end.asked ?? end.signal) await exitAs({ signal: end.asked ?? end.signal });
  if (end.error) throw new Error(`npm could not be started (${end.error.message})`);
  if (end.code !== 0) throw new Error(`npm ci failed with exit code ${end.code}; its message is above`);
}

/**
 * Runs `work(lock)` while holding the lock. flock(1) locks the open file it inherits from us, so the lock stays ours when
 * it ends; no state to clean up. Without flock (macOS, Windows) the work runs unlocked.
 */
export async function onceAtATime(file, work) {
  const lock = openSync(file, 'a');
  try {
    const end = await childEnd('flock', ['3'], { stdio: ['ignore', 2, 2, lock] });
    if (end.asked ?? end.signal) await exitAs({ signal: end.asked ?? end.signal });
    if (end.error && end.error.code !== 'ENOENT') throw new Error(`flock could not be started (${end.error.message})`);
    if (!end.error && end.code !== 0) throw new Error(`flock failed with exit code ${end.code}; its message is above`);
    return await work(lock);
  } finally {
    closeSync(lock);
  }
}
