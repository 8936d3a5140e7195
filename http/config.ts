/**
 * The environment as one frozen object. Reading is pure, and it reports every problem at once, so that an operator corrects
 * a file in one go.
 */

import { trustOf } from './client-address.ts';
import { doubts } from './config-doubts.ts';
import { recordProblems } from './config-records.ts';
import { insecurities } from './config-safety.ts';
import { nearest } from './config-spelling.ts';
import { publicApiKey } from './config-front.ts';
import { readElsewhere, variables } from './config-table.ts';
import { type Place, type Variable, withoutSecrets } from './config-value.ts';

/** The default model of the pinned CLI: what `codex-5` means before any worker has told its models. */
export const pinnedDefaultModel = 'gpt-6.1-sol';

const bodyTotalMs = 300_000;
const streamTotalMs = 3_600_000;
const warningsMax = 32;

type Table = typeof variables;
type Values = { readonly [K in keyof Table]: Table[K] extends Variable<infer T> ? T : never };

export interface Config extends Values {
  /** Longest time for an answer read whole, and for a stream; 0 is off. */
  readonly totalMs: number;
  readonly streamTotalMs: number;
  /** What `PROXY_NODES` comes to. */
  readonly nodeCount: number;
  /** The key is the one that everybody knows. */
  readonly defaultKey: boolean;
}

export interface Problem {
  readonly code: 'CONFIG_INVALID' | 'CONFIG_INSECURE';
  /** One line; it begins with the variable's name where it is about one. */
  readonly message: string;
  /** What the message ends with, where that is more than to correct a value. */
  readonly remedy?: string;
}

/** Where there are problems, `config` has the default in the place of what cannot be used: to look at, not to start with. */
export type ConfigResult = { readonly config: Config; readonly warnings: readonly string[] } & (
  | { readonly ok: true }
  | { readonly ok: false; readonly problems: readonly Problem[] }
);

export type Environment = Readonly<Record<string, string | undefined>>;

const table: readonly (readonly [string, Variable<unknown>])[] = Object.entries(variables);

export function readConfig(environment: Environment, place: Place): ConfigResult {
  const problems: Problem[] = [];
  const values: [string, unknown][] = [];
  const warnings: string[] = [];
  for (const [key, variable] of table) {
    const { name, value: given, rivals } = givenFor(variable, environment);
    const read = given === '' ? undefined : variable.schema.safeParse(given);
    if (read?.success === false) {
      const message = `${name}=${shown(variable, given)}: expected ${variable.expected}`;
      problems.push({ code: 'CONFIG_INVALID', message });
    }
    for (const rival of rivals) {
      const message = `${rival} contradicts ${name}, which is the same setting; set one of them`;
      problems.push({ code: 'CONFIG_INVALID', message });
    }
    const fallback = variable.fallback(place);
    const value = read?.success ? read.data : fallback;
    if (given !== '' && variable.formerly.includes(name)) warnings.push(`${name} is now named ${variable.name}`);
    values.push([key, value]);
  }
  const config = complete(Object.fromEntries(values) as Values, place);
  problems.push(...contradictions(config));
  warnings.push(...unknownNames(environment), ...doubts(config, environment, place));
  return problems.length > 0 ? { ok: false, problems, config, warnings } : { ok: true, config, warnings };
}

/** What the environment says for a variable, the name that says it, and other names of it that say something else. */
function givenFor(variable: Variable<unknown>, environment: Environment) {
  const said = [variable.name, ...variable.aliases, ...variable.formerly].flatMap((name) => {
    const value = environment[name]?.trim() ?? '';
    return value === '' ? [] : [{ name, value }];
  });
  const [first = { name: variable.name, value: '' }, ...others] = said;
  return { ...first, rivals: others.filter(({ value }) => value !== first.value).map(({ name }) => name) };
}

/** For the start log: no secret in it. */
export const maskedConfig = (config: Config): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    table.map(([key, { name, secret }]) => {
      const value = config[key as keyof Values];
      return [name, value === undefined ? null : secret ? '***' : value];
    }),
  );

function complete(values: Values, place: Place): Config {
  return Object.freeze({
    ...values,
    codexHome: absolute(values.codexHome, place),
    workDir: absolute(values.workDir, place),
    stateDir: absolute(values.stateDir, place),
    totalMs: values.timeoutMs ?? bodyTotalMs,
    streamTotalMs: values.timeoutMs ?? streamTotalMs,
    nodeCount: values.nodes === 'auto' ? Math.min(64, Math.max(1, place.cores)) : Number(values.nodes),
    defaultKey: values.apiKey === publicApiKey,
  });
}

const absolute = (path: string, place: Place): string =>
  /^([/\\]|[A-Za-z]:[/\\])/.test(path) ? path : `${place.cwd}/${path}`;

/** Values that are right one by one and wrong together. */
function contradictions(config: Config): readonly Problem[] {
  const problems: Problem[] = [...insecurities(config), ...recordProblems(config)];
  if (trustOf(config.trustProxy) === null) {
    const message = `PROXY_TRUST_PROXY=${JSON.stringify(config.trustProxy)}: expected addresses and networks such as 10.0.0.0/8`;
    problems.push({ code: 'CONFIG_INVALID', message });
  }
  if (config.usageLogPath !== undefined && config.usageLogPath === config.sanitizerLogPath) {
    const message = 'SANITIZER_LOG_PATH contradicts TOKEN_LOG_PATH, which names the same file; set two files';
    problems.push({ code: 'CONFIG_INVALID', message });
  }
  if (config.backoffMaxMs < config.backoffInitialMs) {
    const message = `WORKER_BACKOFF_MAX_MS="${config.backoffMaxMs}": expected at least WORKER_BACKOFF_INITIAL_MS (${config.backoffInitialMs})`;
    problems.push({ code: 'CONFIG_INVALID', message });
  }
  return problems;
}

/** Names that look like ours and are not: most likely a typing error, which would else go unnoticed. */
function unknownNames(environment: Environment): readonly string[] {
  const known = [
    ...readElsewhere,
    ...table.flatMap(([, { name, aliases, formerly }]) => [name, ...aliases, ...formerly]),
  ];
  return Object.keys(environment)
    .filter((name) => /^(PROXY|WORKER)_/.test(name) && !known.includes(name))
    .sort()
    .slice(0, warningsMax)
    .map((name) => {
      const close = nearest(name, known);
      return `${JSON.stringify(name.slice(0, 64))} is not a known variable and has no effect${close === null ? '' : `; did you mean ${close}?`}`;
    });
}

const shown = (variable: Variable<unknown>, value: string): string =>
  variable.secret ? '***' : JSON.stringify(withoutSecrets(value).slice(0, 200));
