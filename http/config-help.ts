/** The table of variables as text for a terminal (`--help`) and as the page `docs/configuration.md`. */

import { variables } from './config-table.ts';
import type { Variable } from './config-value.ts';

const all: readonly Variable<unknown>[] = Object.values(variables);
const spoken = ({ otherwise, unit }: Variable<unknown>): string =>
  unit === '' || !/^\d/.test(otherwise) ? otherwise : `${otherwise} ${unit}`;
/** Under which other names. */
const remarks = ({ aliases, formerly }: Variable<unknown>): string =>
  [...aliases.map((name) => ` Also \`${name}\`.`), ...formerly.map((name) => ` Formerly \`${name}\`.`)].join('');
const plain = (text: string): string => text.replaceAll('`', '');

const usage = `codex-actors: serves OpenAI Codex as a standard OpenAI API.

  npm start                      serve with the Codex account of CODEX_HOME
  npm start -- --check-config    check the environment, print what it means, and end
  npm start -- --help            this text
  npm run dev:offline            the real CLI against a local fake provider: no account, no network
  npm run dev:shim               a scripted fake CLI: for tests, demos and benchmarks
`;

export const helpText = (): string => {
  const width = Math.max(...all.map(({ name }) => name.length));
  const rows = all.map((one) => {
    const otherwise = one.secret && one.otherwise !== '–' ? 'see docs' : plain(spoken(one));
    return `  ${one.name.padEnd(width)}  ${plain(one.help + remarks(one))} (${otherwise})`;
  });
  return [usage, 'Environment variables (default in parentheses):', '', ...rows, ''].join('\n');
};

export const configurationPage = (): string => {
  const rows = all.map((one) => {
    const cell = spoken(one).replaceAll('|', '\\|');
    return `| \`${one.name}\` | ${cell} | ${one.expected} | ${one.help}${remarks(one)} |`;
  });
  return [
    '# Configuration',
    '',
    'Everything is set by environment variables, read once at the start. An empty value counts as unset. A value that is not',
    'understood stops the start: every problem is printed at once, each with the variable, its value and what is expected.',
    'An unknown name that begins with `PROXY_` or `WORKER_` is warned of, with the closest known name.',
    '',
    'With the default key the server listens on loopback only, and it refuses to start where `PROXY_ENV` or `NODE_ENV` says',
    'production (`CONFIG_INSECURE`). `PROXY_ENV=local` or `dev` lifts both rules, for a machine of your own.',
    '',
    '| variable | default | expected | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
};
