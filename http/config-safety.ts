/**
 * What must not be on where strangers may come: a production-like configuration with it does not start. Everything unsafe
 * is told in one line, with what to do about each.
 */

import type { Config, Problem } from './config.ts';
import { isLoopbackAddress } from './hosts.ts';

type Judged = readonly [item: string, unsafe: boolean, remedy: string];

const isRelaxed = ({ environment }: Config): boolean => ['local', 'dev', 'development'].includes(environment);

/** `PROXY_ENV` says so, or, where it says nothing, `NODE_ENV`. */
export const isProduction = (config: Config): boolean =>
  config.environment === '' ? config.nodeEnvironment === 'production' : !isRelaxed(config);

/** The CLI's own tools are offered to the model: both switches must be on to hide them. */
export const hasOwnTools = ({ internalToolsOff, internalToolsOffConfig }: Config): boolean =>
  !(internalToolsOff && internalToolsOffConfig);

/** Prompts and answers may be shown to operators: for development, and only where that was asked for. */
export const wordsInClear = ({ environment, logRedact }: Config): boolean => environment === 'dev' && !logRedact;

/** What must never be written anywhere. */
export const secretsOf = ({ apiKey, providerKey, metricsToken }: Config): readonly string[] =>
  [apiKey, providerKey, metricsToken].flatMap((secret) => (secret === undefined ? [] : [secret]));

const ownKey = 'set PROXY_API_KEY to a key of your own';
const ownMachine = 'or PROXY_ENV=local on a machine of your own';

const judged = (config: Config): readonly Judged[] => [
  ['API_KEY', config.defaultKey, ownKey],
  ['PROXY_TEST_ENDPOINTS', config.testEndpoints, 'leave PROXY_TEST_ENDPOINTS out'],
  [
    'METRICS_AUTH',
    config.metricsEnabled &&
      (config.metricsAllowUnauth || (!config.metricsAllowLoopback && config.metricsToken === undefined)),
    'set PROXY_METRICS_TOKEN and leave PROXY_METRICS_ALLOW_UNAUTH out',
  ],
  [
    'INTERNAL_TOOLS',
    hasOwnTools(config) || config.sandboxMode === 'danger-full-access',
    'leave PROXY_DISABLE_INTERNAL_TOOLS, PROXY_DISABLE_INTERNAL_TOOLS_CONFIG and PROXY_SANDBOX_MODE=danger-full-access out: they give every key holder a shell',
  ],
  ['PROXY_LOG_REDACT', !config.logRedact, 'leave PROXY_LOG_REDACT out'],
];

export function insecurities(config: Config): readonly Problem[] {
  const problems: Problem[] = [];
  const unsafe = isProduction(config) ? judged(config).filter(([, isUnsafe]) => isUnsafe) : [];
  if (unsafe.length > 0) {
    const items = unsafe.map(([item]) => item).join(', ');
    const remedies = unsafe.map(([, , remedy]) => remedy).join('; ');
    const remedy = `${remedies}; ${ownMachine}`;
    const message = `Unsafe production configuration: ${items}. To fix it, ${remedy}`;
    problems.push({ code: 'CONFIG_INSECURE', message, remedy });
  }
  const loopback = isLoopbackAddress(config.host.replace(/^\[(.*)\]$/, '$1').toLowerCase());
  if (config.defaultKey && !loopback && !isRelaxed(config)) {
    const remedy = `${ownKey}, ${ownMachine}`;
    const message = `PROXY_HOST=${JSON.stringify(config.host)}: not a loopback address while PROXY_API_KEY is the default one; ${remedy}`;
    problems.push({ code: 'CONFIG_INSECURE', message, remedy });
  }
  return problems;
}

/** May be meant, and should be known. */
export function risks(config: Config): readonly string[] {
  if (!isProduction(config)) return [];
  const raw = config.captureChatRaw || config.captureResponsesRaw;
  return [
    ...(config.usageAllowUnauth ? ['PROXY_USAGE_ALLOW_UNAUTH shows the usage of all keys to everybody'] : []),
    ...(config.useAppServer
      ? []
      : [
          'PROXY_USE_APP_SERVER=false gives every key holder the shell of the CLI, in the sandbox of PROXY_SANDBOX_MODE',
        ]),
    ...(raw ? ['raw captures write prompts and answers to files as they are'] : []),
  ];
}
