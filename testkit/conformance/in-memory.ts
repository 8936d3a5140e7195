/** The fake app-server as a process in memory: the same core without a start of its own, for where every scenario is played. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessSpawner } from '../../transport/process.ts';
import type { JsonObject } from '../app-server/lines.ts';
import { realClock } from '../worker.ts';
import { MemoryProcess } from '../world/memory-process.ts';

export const inMemory =
  (issuer: string, signedIn: boolean): ProcessSpawner =>
  ({ env }, events) => {
    // As the program does: the catalog is the one in its home.
    const { models } = JSON.parse(readFileSync(join(env['CODEX_HOME'] ?? '', 'models.json'), 'utf8')) as {
      models: readonly JsonObject[];
    };
    const server = { issuer, models, ...(signedIn ? {} : { account: 'signedOut' as const, loginMs: null }) };
    const plan = { server, stdout: { delayMs: 0 }, stdin: { delayMs: 0 } };
    const place = { pid: 1_000, slot: 0, epoch: 1, seed: 1 };
    const born = new MemoryProcess({ ...place, clock: realClock, events, plan, watch: {} });
    // A plain object: whoever taps the pipes copies it.
    return {
      pid: born.pid,
      write: (text) => born.write(text),
      end: () => born.end(),
      kill: () => born.kill(),
    };
  };
