/**
 * The gateway as a subject: `http/main.ts` on the subject's core, with shims for workers on the other one. Invariant: limits that
 * are about fairness between clients are out of the way, all others are the gateway's own.
 */

import { createInterface } from 'node:readline';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { childrenOf } from '../testkit/process-table.ts';
import { helperCore, startPinned, stopChild, subjectCore } from './processes.ts';
import type { Running, StartOptions, Subject } from './subject.ts';

const root = join(import.meta.dirname, '..');
const startMs = 20_000;
const key = 'bench-key';
const tailLines = 20;

async function start({ env = {}, nodeArgs = [] }: StartOptions = {}): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-bench-'));
  for (const name of ['home', 'state', 'work']) mkdirSync(join(folder, name));
  const workers = Number(env['PROXY_WORKER_COUNT'] ?? 2);
  const child = startPinned(subjectCore, [...nodeArgs, join(root, 'http/main.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
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
      ...env,
    },
  });
  const last: string[] = [];
  const stop = async (): Promise<void> => {
    await stopChild(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const port = await new Promise<number>((resolve, reject) => {
    let found = 0;
    let ready = 0;
    const fail = (why: string): void => reject(new Error(`the gateway did not start: ${why}\n${last.join('\n')}`));
    const late = setTimeout(() => fail(`not within ${startMs} ms`), startMs);
    child.once('close', () => fail('it ended'));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        last.push(line);
        if (last.length > tailLines) last.shift();
        found ||= Number(/listening on http:\/\/[^ "]*:(\d+)\/v1/.exec(line)?.[1] ?? 0);
        if (line.includes('worker_ready')) ready += 1;
        if (found === 0 || ready < workers) return;
        clearTimeout(late);
        resolve(found);
      });
    }
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const pid = child.pid ?? 0;
  return {
    port,
    pids: [pid],
    shims: () => childrenOf(pid).map((one) => one.pid),
    headers: { authorization: `Bearer ${key}` },
    stop,
  };
}

export const gateway: Subject = {
  name: 'gateway',
  speaks: ['responses', 'chat', 'responses-whole', 'chat-whole', 'models'],
  start,
};
