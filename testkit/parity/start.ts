/** A start that comes to an end by itself: because it was refused, or because it only had to say something. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const main = join(import.meta.dirname, '../../http/main.ts');
const withinMs = 15_000;

/** Runs the server in this environment and one folder of its own, until it ends. */
export function ended(env: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-parity-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const own = {
    CODEX_SQLITE_HOME: folder,
    PROXY_CODEX_WORKDIR: join(folder, 'work'),
    CODEX_HOME: folder,
    PROXY_DATA_DIR: folder,
    PROTO_LOG_PATH: join(folder, 'wire.ndjson'),
  };
  const whole = { PATH: process.env['PATH'], PORT: '0', PROXY_ENV: 'local', CODEX_BIN: '/bin/false', ...own, ...env };
  return new Promise((resolve) => {
    const options = { env: whole, timeout: withinMs, killSignal: 'SIGKILL' } as const;
    execFile(process.execPath, [main, ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}
