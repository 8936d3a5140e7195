/**
 * The gateway as a subject: `http/main.ts` on the subject's core, with shims for workers on the other one. Invariant: limits that
 * are about fairness between clients are out of the way, and so is the gate against overload, for to fill the core is what most
 * loads are for; all others are the gateway's own.
 */

import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '../testkit/process-table.ts';
import { helperCore, startPinned, stopChild, subjectCore, temporaryFolder } from './processes.ts';
import type { Running, StartOptions, Subject } from './subject.ts';

const root = join(import.meta.dirname, '..');
/** As `npm start` has it. */
const youngGeneration = '--max-semi-space-size=32';
const startMs = 60_000;
const lookMs = 20;
const key = 'bench-key';
const tailLines = 20;
const lineChars = 200;

/** Set by `--profile`. */
const profiling = (): readonly string[] => {
  const folder = process.env['BENCH_PROFILE_DIR'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
};

async function start({
  env = {},
  nodeArgs = [],
  cores = subjectCore,
  launched = false,
}: StartOptions = {}): Promise<Running> {
  const { path: folder, remove } = temporaryFolder('codex-actors-bench-');
  for (const name of ['home', 'state', 'work']) mkdirSync(join(folder, name));
  // A file, as under a service manager; a pipe would have the suite read along.
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'a');
  const workers = Number(env['PROXY_WORKER_COUNT'] ?? 2);
  const nodes = Number(env['PROXY_NODES'] ?? 1);
  const program = launched
    ? [join(root, 'deploy/launch.mjs'), '--production-ok', youngGeneration, 'http/main.ts']
    : [...profiling(), youngGeneration, ...nodeArgs, join(root, 'http/main.ts')];
  const child = startPinned(cores, program, {
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_ENV: 'production',
      PORT: '0',
      PROXY_ENV: 'local',
      PROXY_API_KEY: key,
      CODEX_BIN: join(root, 'bench/shim/main.ts'),
      FAKE_CODEX_BENCH_CORE: helperCore,
      CODEX_HOME: join(folder, 'home'),
      CODEX_SQLITE_HOME: join(folder, 'state'),
      PROXY_CODEX_WORKDIR: join(folder, 'work'),
      PROXY_DATA_DIR: join(folder, 'data'),
      CODEX_PROVIDER_URL: 'http://127.0.0.1:9/v1',
      PROXY_WORKER_COUNT: String(workers),
      WORKER_MAX_CONCURRENCY: '1024',
      PROXY_SSE_MAX_CONCURRENCY: '0',
      PROXY_QUEUE_MAX: '16384',
      PROXY_CONNECTIONS_MAX: '20000',
      PROXY_OVERLOAD_DELAY_MS: '0',
      ...env,
    },
  });
  const stop = async (): Promise<void> => {
    await stopChild(child);
    closeSync(log);
    remove();
  };
  const deadlineMs = performance.now() + startMs;
  for (;;) {
    const lines = readFileSync(logFile, 'utf8').split('\n');
    const port = Number(/listening on http:\/\/[^ "]*:(\d+)\/v1/.exec(lines.join('\n'))?.[1] ?? 0);
    if (port > 0 && lines.filter((line) => line.includes('"worker_ready"')).length >= workers * nodes)
      return runningOf(child.pid ?? 0, nodes > 1 || launched, port, stop);
    if (child.exitCode !== null || performance.now() > deadlineMs) {
      await stop();
      const tail = lines.slice(-tailLines).map((line) => line.slice(0, lineChars));
      throw new Error(`the gateway did not start within ${startMs} ms\n${tail.join('\n')}`);
    }
    await sleep(lookMs);
  }
}

const pidsBelow = (pid: number): readonly number[] => childrenOf(pid).map((one) => one.pid);

/** `parent`: it has nodes for children, or is the launcher and has the gateway, and those have the shims. */
const runningOf = (pid: number, parent: boolean, port: number, stop: () => Promise<void>): Running => {
  const processes = parent ? pidsBelow(pid) : [];
  return {
    port,
    pids: [pid, ...processes],
    shims: () => (parent ? processes.flatMap(pidsBelow) : pidsBelow(pid)),
    headers: { authorization: `Bearer ${key}` },
    stop,
  };
};

export const gateway: Subject = {
  name: 'gateway',
  speaks: ['responses', 'chat', 'responses-whole', 'chat-whole', 'models'],
  start,
};
