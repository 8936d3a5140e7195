/**
 * What every peer is told, by environment variables, and what it says when it serves. Invariant: a peer is a process of its
 * own that listens on a free port of the loopback and ends with SIGTERM, and its workers with it.
 */

import type { NaiveCodex } from './naive-codex.ts';

export interface PeerSettings {
  readonly port: number;
  readonly workers: number;
  /** The program that is started as `codex app-server`. */
  readonly codexBin: string;
}

/** As the kernel has it: a storm of connections is no reason to be slow. */
export const backlog = 4096;
export const bodyBytesMax = 32 * 1024 * 1024;

export const readPeerSettings = (env: NodeJS.ProcessEnv): PeerSettings => ({
  port: Number(env['PORT'] ?? 0),
  workers: Number(env['PROXY_WORKER_COUNT'] ?? 2),
  codexBin: env['CODEX_BIN'] ?? 'codex',
});

export const announce = (port: number): void => {
  process.stdout.write(`listening ${port}\n`);
};

/** The workers go first, so that nothing is left of it. */
export const endWith = (codex: Pick<NaiveCodex, 'stop'>): void => {
  process.once('SIGTERM', () => {
    codex.stop();
    process.exit(0);
  });
};
