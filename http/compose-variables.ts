/**
 * The variables of the gateway as the environment of its service in a compose file: each can be set there, none changes its
 * default unless it is listed here. Made from the table, so that no variable is ever forgotten; `npm run pages` renews it.
 */

import { variables } from './config-table.ts';
import type { Variable } from './config-value.ts';

const begin =
  '  # <variables> Made by `npm run pages`: every variable of docs/configuration.md. Empty: its default, told behind it.\n';
const end = '  # </variables>\n';

/** Behind an edge, or on a machine of one's own. */
export type Stack = 'edge' | 'local';

/** What a container is, whatever the environment of the machine says. */
const fixed: Readonly<Record<string, string>> = {
  PORT: '"11435"',
  PROXY_HOST: '0.0.0.0',
  NODE_ENV: 'production',
  CODEX_HOME: '/app/.codex-api',
  PROXY_DATA_DIR: '/app/.data',
};

const binary = '/usr/local/lib/codex-cli/bin/codex';

/** Of each stack: with `:?` it does not start without; else a default that is not the program's. */
const special: Readonly<Record<Stack, Readonly<Record<string, string>>>> = {
  edge: {
    PROXY_API_KEY: ':?set PROXY_API_KEY in .env to a key of your own',
    PROXY_CORS_ALLOWED_ORIGINS: ':?set PROXY_CORS_ALLOWED_ORIGINS in .env to the origins of your web clients',
    CODEX_BIN: `:-${binary}`,
    PROXY_TRUST_PROXY: ':-loopback,uniquelocal',
    PROXY_ENABLE_METRICS: ':-true',
    PROXY_MAX_CHAT_CHOICES: ':-20',
    PROXY_DRAIN_NOTICE_MS: ':-3000',
  },
  local: { CODEX_BIN: `:-${binary}`, PROXY_ENV: ':-local' },
};

const remarkOf = ({ name, otherwise, unit, secret }: Variable<unknown>, stack: Stack): string => {
  if (name in fixed || name in special[stack] || otherwise === '–' || secret) return '';
  return `  # ${otherwise.replaceAll('`', '')}${unit === '' || !/^\d/.test(otherwise) ? '' : ` ${unit}`}`;
};

const linesOf = (variable: Variable<unknown>, stack: Stack): readonly string[] => {
  const { name, aliases, formerly } = variable;
  const value = fixed[name] ?? `\${${name}${special[stack][name] ?? ':-'}}`;
  return [
    `  ${name}: ${value}${remarkOf(variable, stack)}\n`,
    ...[...aliases, ...formerly].map((other) => `  ${other}: \${${other}:-}  # another name of ${name}\n`),
  ];
};

/** The text of a compose file with the variables between the marks as they are now. */
export function withVariables(text: string, stack: Stack): string {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error('the compose file has no marks around its variables');
  const lines = (Object.values(variables) as readonly Variable<unknown>[]).flatMap((one) => linesOf(one, stack));
  return [before, begin, ...lines, end, after].join('');
}
