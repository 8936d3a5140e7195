/**
 * What can be served and was most likely not meant: settings without what gives them effect, and what an operator of a
 * production-like gateway should know. Each is one line of warning at the start.
 */

import type { Config, Environment } from './config.ts';
import { idleRecords } from './config-records.ts';
import { risks } from './config-safety.ts';
import { variables } from './config-table.ts';
import type { Place } from './config-value.ts';

type Key = keyof typeof variables;

/** Switches, and what does nothing while they are off. */
const switches: readonly (readonly [on: Key, idle: readonly Key[]])[] = [
  ['rateLimitEnabled', ['rateLimitMax', 'rateLimitWindowMs']],
  ['metricsEnabled', ['metricsToken', 'metricsAllowUnauth', 'metricsAllowLoopback']],
  ['testEndpoints', ['testAllowRemote', 'streamReleaseFile']],
  ['sanitizeMetadata', ['sanitizerLogPath']],
  ['captureChat', ['captureChatDir']],
  ['captureChatRaw', ['captureChatRawDir']],
  ['captureResponses', ['captureResponsesDir']],
  ['captureResponsesRaw', ['captureResponsesRawDir']],
  ['captureAppServer', ['captureAppServerDir', 'captureAppServerBytesMax']],
  ['captureThinking', ['captureThinkingDir', 'captureThinkingBytesMax']],
  ['otelEnabled', ['otelExporterUrl', 'otelServiceName']],
];

/** Whoever writes that a switch is off knows it. */
const idle = (config: Config, said: (key: Key) => boolean): readonly string[] =>
  switches.flatMap(([on, keys]) => {
    if (config[on] === true || said(on)) return [];
    return keys.filter(said).map((key) => `${variables[key].name} has no effect without ${variables[on].name}`);
  });

export function doubts(config: Config, environment: Environment, { cores }: Place): readonly string[] {
  const said = (key: Key): boolean =>
    [variables[key].name, ...variables[key].aliases].some((name) => (environment[name]?.trim() ?? '') !== '');
  const doubtful: string[] = [];
  if (config.nodeCount > 1 && config.nodeCount > cores) {
    doubtful.push(`PROXY_NODES="${config.nodes}" is more than this machine's ${cores} cores can keep busy`);
  }
  if (config.nodeCount > 1 && config.nodeCount * config.workerCount > 2 * Math.max(1, cores)) {
    doubtful.push(
      `PROXY_NODES and PROXY_WORKER_COUNT make ${config.nodeCount * config.workerCount} workers, more than this machine's ${cores} cores can keep busy`,
    );
  } else if (config.workerCount > 2 * Math.max(1, cores)) {
    doubtful.push(
      `PROXY_WORKER_COUNT="${config.workerCount}" is more than this machine's ${cores} cores can keep busy`,
    );
  }
  if (config.providerKey !== undefined && config.providerUrl === undefined) {
    doubtful.push('CODEX_PROVIDER_KEY has no effect without CODEX_PROVIDER_URL');
  }
  if (config.defaultKey && said('corsOrigins')) {
    doubtful.push(`${variables.corsOrigins.name} has no effect while PROXY_API_KEY is the default one`);
  }
  if (config.loginRemote && !config.loginUrl) {
    doubtful.push('PROXY_AUTH_LOGIN_REMOTE has no effect while PROXY_AUTH_LOGIN_URL is off');
  }
  if (config.otelEnabled && config.otelExporterUrl === undefined) {
    doubtful.push('PROXY_ENABLE_OTEL has no effect without PROXY_OTEL_EXPORTER_URL');
  }
  const { metricsEnabled, metricsAllowUnauth, metricsAllowLoopback, metricsToken } = config;
  if (metricsEnabled && !metricsAllowUnauth && !metricsAllowLoopback && metricsToken === undefined) {
    doubtful.push('PROXY_ENABLE_METRICS offers metrics that nobody may read; set PROXY_METRICS_TOKEN');
  }
  return [...doubtful, ...idle(config, said), ...idleRecords(config), ...risks(config)];
}
