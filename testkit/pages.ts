/** `npm run pages`: renews what is made from tables, in `docs/` and in the compose files. The unit tests compare. */

import { readFileSync, writeFileSync } from 'node:fs';
import { withVariables } from '../http/compose-variables.ts';
import { configurationPage } from '../http/config-help.ts';
import { withLogTables } from '../http/logs-page.ts';
import { withSeries } from '../http/metrics/metrics-page.ts';
import { withChangesTable } from '../http/migration.ts';
import { withParamsTable } from '../http/params-page.ts';
import { withEnvironments } from './environments-table.ts';

const page = (name: string): URL => new URL(`../docs/${name}.md`, import.meta.url);

writeFileSync(page('configuration'), configurationPage());
writeFileSync(page('api'), withParamsTable(readFileSync(page('api'), 'utf8')));
writeFileSync(page('logs'), withLogTables(readFileSync(page('logs'), 'utf8')));
writeFileSync(page('migrating'), withChangesTable(readFileSync(page('migrating'), 'utf8')));
writeFileSync(page('metrics'), withSeries(readFileSync(page('metrics'), 'utf8')));

writeFileSync(page('deployment'), withEnvironments(readFileSync(page('deployment'), 'utf8')));

for (const [name, stack] of [
  ['docker-compose.yml', 'edge'],
  ['docker-compose.local.yml', 'local'],
] as const) {
  const compose = new URL(`../${name}`, import.meta.url);
  writeFileSync(compose, withVariables(readFileSync(compose, 'utf8'), stack));
}
