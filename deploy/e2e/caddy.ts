/**
 * Caddy with a configuration of a test, in a folder of its own. It stands in for Traefik, whose forward authentication it has.
 * Invariant: it ends with the test, and touches no configuration and no certificate of the machine.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { answers } from './ports.ts';

export interface Caddy {
  readonly port: number;
  readonly origin: string;
  log(): string;
}

export interface CaddyOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** For the configuration. */
  readonly port: number;
}

const startMs = 15_000;

/** Waits until `port`, where the configuration makes it listen, takes connections. Global options come with `caddyfile`. */
export async function startCaddy(caddyfile: string, { env = {}, port }: CaddyOptions): Promise<Caddy> {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-caddy-'));
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, caddyfile);
  const child = spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, ...env },
  });
  const words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => words.push(String(chunk)));
  const closed = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      words.push(error.message);
      resolve();
    });
    child.once('close', () => resolve());
  });
  let ended = false;
  void closed.then(() => {
    ended = true;
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
    rmSync(folder, { recursive: true, force: true });
  });
  for (const started = Date.now(); !(await answers(port)); await wait(50))
    if (ended || Date.now() - started > startMs)
      throw new Error(`caddy does not listen on ${port}\n${words.join('').slice(-4_000)}`);
  return { port, origin: `http://127.0.0.1:${port}`, log: () => words.join('') };
}
