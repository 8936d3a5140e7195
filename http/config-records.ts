/** The wire trace and the captures of workers as the environment asks for them: for development only. */

import type { Config, Problem } from './config.ts';

/** The one environment in which what passes through may be written down. */
const isDevelopment = ({ environment }: Config): boolean => environment === 'dev';

/** In development the trace is on, and it is an error to be without it, unless somebody says otherwise. */
export function wireTraceOf(config: Config) {
  const dev = isDevelopment(config);
  return {
    file: dev && config.wireLog !== false,
    required: config.wireLogRequired ?? dev,
    printed: dev && config.wireDebug === true,
  };
}

export const workerCapturesOf = (config: Config) => ({
  lines: isDevelopment(config) && config.captureAppServer,
  thinking: isDevelopment(config) && config.captureThinking,
});

export function recordProblems(config: Config): readonly Problem[] {
  const problems: string[] = [];
  const { file, required } = wireTraceOf(config);
  if (required && !file) {
    problems.push(
      isDevelopment(config)
        ? 'PROXY_LOG_PROTO="false": with PROXY_ENV=dev the wire trace is required; set PROXY_TRACE_REQUIRED=false, too'
        : 'PROXY_TRACE_REQUIRED="true": there is a wire trace with PROXY_ENV=dev only; set it to false, or leave it out',
    );
  }
  if (file && [config.usageLogPath, config.sanitizerLogPath, config.accessLogPath].includes(config.wireLogPath)) {
    problems.push('PROTO_LOG_PATH names a file that another variable names, too; set two files');
  }
  return problems.map((message) => ({ code: 'CONFIG_INVALID', message }));
}

/** What was asked for and is not written. */
export function idleRecords(config: Config): readonly string[] {
  if (isDevelopment(config)) return [];
  const asked: readonly (readonly [string, boolean | undefined])[] = [
    ['PROXY_LOG_PROTO', config.wireLog],
    ['PROXY_DEBUG_WIRE', config.wireDebug],
    ['PROXY_CAPTURE_APP_SERVER_RAW', config.captureAppServer],
    ['PROXY_CAPTURE_THINKING_RAW', config.captureThinking],
  ];
  return asked.flatMap(([name, on]) => (on === true ? [`${name} has no effect without PROXY_ENV=dev`] : []));
}
