/** What is given to that which a host has once, however many nodes it has: the home, and the supervisor of the nodes. */

import type { HostLimits } from '../actors/host.ts';
import { type Config, pinnedDefaultModel } from './config.ts';
import { limits } from './limits.ts';
import { nodeLimits, providerOf, workerPowers } from './portions.ts';

/** For `actors/host.ts`: the nodes of several. A drain of one takes what it takes as the only one. */
export const hostLimits = (config: Config): HostLimits => {
  const { pool, worker } = nodeLimits(config);
  const drainMs =
    limits.nodeLingerMs + pool.drainMs + pool.cutMs + pool.stopMs + limits.settleMs + 2 * limits.lastWordsMs;
  return {
    nodes: config.nodeCount,
    pool: {
      turnsPerWorkerMax: 1,
      queueMax: 0,
      wornLeasesMax: 1,
      backoffInitialMs: limits.nodeBackoffInitialMs,
      backoffMaxMs: limits.nodeBackoffMaxMs,
      restartMax: limits.nodeRestartMax,
      restartWindowMs: limits.nodeRestartWindowMs,
      settledMs: limits.settledMs,
      // Nodes hold no leases here.
      drainMs: 0,
      cutMs: 0,
      stopMs: drainMs + 2 * worker.killMs,
    },
    process: {
      startupMs: limits.nodeStartupMs,
      handshakeMs: limits.nodeBeginMs,
      graceMs: drainMs,
      killMs: worker.killMs,
    },
    lettersMax: limits.lettersMax,
  };
};

/** For `transport/home.ts`. */
export const homeSettings = (config: Config, environment: Readonly<Record<string, string | undefined>>) => ({
  home: config.codexHome,
  createHome: environment['CODEX_HOME'] === undefined,
  workdir: config.workDir,
  sqliteBase: config.stateDir,
  binary: config.codexBin ?? null,
  environment,
  environmentAllow: config.workerEnvAllow,
  provider: providerOf(config),
  powers: workerPowers(config),
  model: config.codexModel ?? pinnedDefaultModel,
  forcedProvider: config.forceProvider,
  // A CLI for the legacy protocol cannot be asked.
  vendorModels: config.useAppServer,
  streamIdleMs: Math.max(config.idleMs, config.streamIdleMs) + 30_000,
});
