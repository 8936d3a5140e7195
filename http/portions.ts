/** Which limits each part of the house is given, from the operator's configuration and the fixed ones. */

import type { NodeLimits } from '../actors/node-limits.ts';
import { neverMs } from '../actors/seams.ts';
import { backendMode } from './backend.ts';
import { type Config, pinnedDefaultModel } from './config.ts';
import { hasOwnTools, secretsOf, wordsInClear } from './config-safety.ts';
import type { FrontSettings } from './front.ts';
import { isLoopbackAddress } from './hosts.ts';
import { limits } from './limits.ts';
import type { Capacity } from './metrics/fact-series.ts';
import { blockDelimiter, type OutputPolicy } from './output-mode.ts';
import { operatorAlias } from './requests/model-aliases.ts';
import type { ModelSource } from './requests/models.ts';

/** Zero switches a deadline off. */
const deadline = (ms: number): number => (ms === 0 ? neverMs : ms);

export const nodeLimits = (config: Config): NodeLimits => {
  const stream = (idleMs: number, totalMs: number): NodeLimits['live'] => ({
    queueMs: config.queueWaitMs,
    headMs: config.headDelayMs,
    firstEventMs: deadline(idleMs),
    idleMs: deadline(idleMs),
    graceMs: config.completionGraceMs,
    totalMs: deadline(totalMs),
    interruptMs: limits.interruptMs,
    closeMs: limits.closeMs,
  });
  return {
    workers: config.workerCount,
    pool: {
      turnsPerWorkerMax: config.turnsPerWorkerMax,
      queueMax: config.queueMax,
      wornLeasesMax: limits.wornLeasesMax,
      backoffInitialMs: config.backoffInitialMs,
      backoffMaxMs: config.backoffMaxMs,
      restartMax: config.restartMax,
      restartWindowMs: config.restartWindowMs,
      settledMs: limits.settledMs,
      drainMs: config.drainMs,
      cutMs: limits.closeMs,
      stopMs: config.shutdownGraceMs + 2 * limits.killRepeatMs,
    },
    worker: {
      startupMs: config.startupTimeoutMs,
      handshakeMs: config.handshakeTimeoutMs,
      graceMs: config.shutdownGraceMs,
      killMs: limits.killRepeatMs,
    },
    login: { offerMs: limits.signInWaitMs, pendingMs: limits.loginPendingMs },
    live: stream(config.streamIdleMs, config.streamTotalMs),
    whole: stream(config.useAppServer ? config.idleMs : config.protoIdleMs, config.totalMs),
    responseBytesMax: config.responseBytesMax,
    curtailMs: config.truncateAfterMs === 0 ? null : config.truncateAfterMs,
    lettersMax: limits.lettersMax,
  };
};

/** Unset, the mode alone switches the end behind calls on. */
const outputPolicy = (config: Config): OutputPolicy => ({
  chat: config.outputMode,
  responses: config.responsesOutputMode,
  detectCopilot: config.copilotAutoDetect,
  textCalls: config.textToolCalls,
  stopAfterCalls: config.stopAfterTools ?? config.stopAfterToolsMode === 'first',
  stopMode: config.stopAfterToolsMode ?? 'burst',
  stopGraceMs: config.stopAfterToolsGraceMs,
  blocksMax: config.toolBlockMax === 0 ? null : config.toolBlockMax,
  suppressTail: config.suppressTail,
  dedup: config.toolBlockDedup,
  delimiter: blockDelimiter(config.toolBlockDelimiter),
  stripAnsi: config.stripAnsi,
  sanitize: config.sanitizeMetadata,
});

/** Of the host, whose nodes have as much each. Twice the turns: what has no turn is refused by the pool, which knows when to come back; answers that are still read count, too. */
const streamsMax = (config: Config): number =>
  config.streamsMax ?? config.nodeCount * (2 * turnsMax(config) + config.queueMax);
const turnsMax = (config: Config): number => config.workerCount * config.turnsPerWorkerMax;

/** What models may be called. */
export const naming = (config: Config): Omit<ModelSource, 'models' | 'retargeted'> => ({
  configured: config.codexModel,
  fallback: pinnedDefaultModel,
  aliases: config.modelAliases.map(operatorAlias),
  environment: config.environment === 'dev' ? 'development' : 'production',
  advertised: config.advertisedModels,
});

/** For the metrics. */
export const capacity = (config: Config): Capacity => {
  const { queueMax } = config;
  return { turnsMax: turnsMax(config), queueMax, streamsMax: streamsMax(config), nodes: config.nodeCount };
};

/** Switched on, and with somewhere to go. */
const tracesWanted = ({ otelEnabled, otelExporterUrl }: Config): boolean =>
  otelEnabled && otelExporterUrl !== undefined;

export const frontSettings = (config: Config): FrontSettings => ({
  apiKeys: [config.apiKey],
  protectModels: config.protectModels,
  allowedHosts: config.allowedHosts,
  cors: { enabled: config.corsEnabled, origins: config.corsOrigins, defaultKey: config.defaultKey },
  logCorsOrigin: config.logCorsOrigin,
  trustProxy: config.trustProxy,
  responsesEnabled: config.responsesEnabled,
  metrics: {
    enabled: config.metricsEnabled,
    open: config.metricsAllowUnauth,
    local: config.metricsAllowLoopback,
    token: config.metricsToken,
  },
  tests: { enabled: config.testEndpoints, remote: config.testAllowRemote },
  tracing: tracesWanted(config),
  maintenance: config.maintenanceMode,
  rateLimit: config.rateLimitEnabled ? { max: config.rateLimitMax, windowMs: config.rateLimitWindowMs } : null,
  streamsMax: streamsMax(config),
  login: { offered: config.loginUrl, remote: config.loginRemote, repeated: config.loginUrlMode },
  params: config.params,
  defaultStream: config.defaultStream,
  choicesMax: config.choicesMax,
  enforceMaxTokens: config.enforceMaxTokens,
  parallelToolCalls: config.parallelToolCalls,
  responsesDefaultMaxTokens: config.responsesDefaultMaxTokens,
  promptTokensMax: config.promptTokensMax,
  ignoreClientSystemPrompt: config.ignoreClientSystemPrompt,
  ingressGuardrail: config.ingressGuardrail,
  titles: config.titleIntercept ? { model: config.titleModel, effort: config.titleEffort } : null,
  usageQueries: config.usageQueries,
  usageAllowUnauth: config.usageAllowUnauth,
  outputPolicy: outputPolicy(config),
  remoteImages: config.remoteImages,
  sandboxMode: config.sandboxMode,
  backendMode: backendMode(config),
  connectionsMax: config.connectionsMax,
  bodyBytesMax: config.bodyBytesMax,
  keepaliveMs: config.keepaliveMs,
  sinkBufferBytes: config.sinkBufferBytes,
  sinkLagMs: config.sinkLagMs,
  coalesceMs: config.coalesceMs,
  overload: config.overloadDelayMs === 0 ? null : { delayMs: config.overloadDelayMs, afterMs: config.overloadAfterMs },
  silenceMs: config.nonstreamKeepaliveMs,
  blankMs: limits.wholeBlankMs,
});

/** For `transport/memory-store.ts`; null: responses are not kept. */
export const storeLimits = (config: Config) =>
  config.storeResponsesMax === 0
    ? null
    : { responsesMax: config.storeResponsesMax, bytesMax: config.storeBytesMax, ttlMs: config.storeTtlMs };

/** What the workers may do, for `transport/powers.ts`. */
export const workerPowers = (config: Config) => ({
  sandbox: config.sandboxMode,
  approvalPolicy: config.approvalPolicy,
  ownTools: hasOwnTools(config),
  ownToolsDenied: config.internalToolsOff && config.internalToolsOffPrompt,
  webSearch: config.webSearch,
  persistThreads: config.persistThreads,
});

/** For `transport/sanitizer-log.ts`. */
export const sanitizerFile = (config: Config) => ({
  path: config.sanitizerLogPath,
  baseDir: config.sanitizerLogBaseDir,
});

/** For `transport/usage-log.ts`. */
export const usageLogLimits = (config: Config, tmpdir: string) => ({
  path: config.usageLogPath ?? `${config.dataDir ?? tmpdir}/codex-usage.ndjson`,
  bytesMax: config.usageLogBytesMax,
  keep: config.usageLogKeep,
});

/** For `transport/redact.ts`: logs, traces and captures. */
export const redaction = (config: Config) => ({ secrets: secretsOf(config), wordsInClear: wordsInClear(config) });

/** For the log of access, as far as there is a file for it. */
export const accessLogLimits = ({ accessLogPath: path, usageLogBytesMax: bytesMax, usageLogKeep: keep }: Config) =>
  path === undefined ? null : { path, bytesMax, keep, name: 'access_log' as const };

export const logLevel = ({ logLevel: level, environment }: Config) =>
  level ?? (environment === 'dev' ? 'debug' : 'info');

interface Surroundings {
  /** Somebody sits before it. */
  readonly terminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Where the operator's browser is on the machine of the gateway, it can do the whole of it. */
export const loginFlow = (config: Config, { terminal, environment }: Surroundings): 'device' | 'browser' => {
  const distant = (environment['SSH_CONNECTION'] ?? '') !== '';
  return config.loginFlow ?? (terminal && !distant && isLoopbackAddress(config.host) ? 'browser' : 'device');
};

/** For the channels of `transport/`. */
export const channelLimits = (config: Config) => ({
  lineBytesMax: config.lineBytesMax,
  handshakeMs: config.handshakeTimeoutMs,
  requestMs: config.requestTimeoutMs,
  stepMs: limits.stepMs,
  stepMsPerMegabyte: limits.stepMsPerMegabyte,
  stepMsPerImage: limits.stepMsPerImage,
  closeMs: limits.closeMs,
  loginMs: limits.signInWaitMs,
  pulseMs: limits.pulseMs,
  pulseAnswerMs: limits.pulseAnswerMs,
  requestsInFlightMax: limits.rpcInFlightMax,
  requestsQueuedMax: limits.rpcQueuedMax,
  requestsQueuedBytesMax: limits.rpcQueuedBytesMax,
  stateBytesMax: config.stateBytesMax,
  memoryBytesMax: config.memoryMebibytesMax * 1_048_576,
  turnsMax: config.turnsMax,
});

/** For `transport/proto-launcher.ts`. */
export const protoSettings = (config: Config) => ({
  preferredAuthMethod: config.preferredAuthMethod,
  sandbox: config.sandboxMode,
  approvalPolicy: config.approvalPolicy,
  webSearch: config.webSearch,
  modelProvider: config.forceProvider ?? null,
});

/** For the workers: who answers them, and on whose account. */
export const providerOf = ({ providerUrl: url, providerKey: key, preferredAuthMethod: method }: Config) => {
  if (url === undefined) return { type: 'chatgpt', method } as const;
  return key === undefined ? ({ type: 'url', url } as const) : ({ type: 'url', url, key } as const);
};

/** For `transport/otlp.ts`; null: there are no traces. */
export const otlpSettings = (config: Config) =>
  tracesWanted(config)
    ? { endpoint: config.otelExporterUrl ?? '', headers: config.otelHeaders ?? '', serviceName: config.otelServiceName }
    : null;
