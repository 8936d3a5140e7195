/**
 * What each way to start the gateway sets otherwise than a bare `npm start` would have it, as a table: read from the compose
 * files and the development commands themselves, so it cannot say anything else than they do.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { variables } from '../http/config-table.ts';
import { planOf } from './dev/plan.ts';

const root = join(import.meta.dirname, '..');
const begin = '<!-- environments: made by npm run pages -->\n';
const end = '<!-- end of environments -->\n';

type Settings = Readonly<Record<string, string>>;

/** As compose reads it where the operator's file sets nothing; `required`: then it does not start. */
const unset = (value: string | null): string =>
  (value ?? '')
    .replaceAll(/\$\{\w+:\?[^}]*\}/g, 'required')
    .replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')
    .replace(/^,+$/, '');

function composed(file: string, service: string): Settings {
  const { services } = parse(readFileSync(join(root, file), 'utf8'), { merge: true }) as {
    readonly services: Readonly<Record<string, { readonly environment: Readonly<Record<string, string | null>> }>>;
  };
  const { environment } = services[service] ?? { environment: {} };
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, unset(value)]));
}

function developed(): Settings {
  const planned = planOf(['dev'], { PROXY_API_KEY: 'required' }, null);
  if (planned.kind !== 'run') throw new Error(`npm run dev: ${planned.kind}`);
  return { ...planned.plan.environment, CODEX_HOME: planned.plan.home ?? '', PROXY_API_KEY: 'required' };
}

const ways: readonly (readonly [title: string, settings: () => Settings])[] = [
  ['`npm run dev`', developed],
  ['`docker-compose.local.yml`', () => composed('docker-compose.local.yml', 'app')],
  ['`docker-compose.yml`, `app`', () => composed('docker-compose.yml', 'app')],
  ['`app-responses`', () => composed('docker-compose.yml', 'app-responses')],
  ['`deploy/compose/dev.stack.yml`', () => composed('deploy/compose/dev.stack.yml', 'app-dev')],
];

export function withEnvironments(page: string): string {
  const settings = ways.map(([, of]) => of());
  const rows = Object.values(variables).flatMap(({ name, otherwise }) => {
    const values = settings.map((one) => one[name] ?? '');
    if (values.every((value) => value === '')) return [];
    return [
      `| \`${name}\` | ${[otherwise, ...values.map((value) => (value === '' ? '' : `\`${value}\``))].join(' | ')} |`,
    ];
  });
  const table = [
    `| variable | \`npm start\` | ${ways.map(([title]) => title).join(' | ')} |`,
    `|---|---|${ways.map(() => '---|').join('')}`,
    ...rows,
  ].join('\n');
  const [before = '', rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error('the page has no place for the environments');
  return `${before}${begin}\n${table}\n\n${end}${after}`;
}
