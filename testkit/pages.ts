/** `npm run pages`: renews what is made from tables in `docs/`. The unit tests compare. */

import { readFileSync, writeFileSync } from 'node:fs';
import { configurationPage } from '../http/config-help.ts';
import { withChangesTable } from '../http/migration.ts';
import { withParamsTable } from '../http/params-page.ts';

const page = (name: string): URL => new URL(`../docs/${name}.md`, import.meta.url);

writeFileSync(page('configuration'), configurationPage());
writeFileSync(page('api'), withParamsTable(readFileSync(page('api'), 'utf8')));
writeFileSync(page('migrating'), withChangesTable(readFileSync(page('migrating'), 'utf8')));
