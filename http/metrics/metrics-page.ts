/** The tables of `docs/metrics.md`, made from the series themselves. */

import type { Watch } from '../../actors/diagnostics.ts';
import type { HttpHappenings } from '../happenings.ts';
import { createMetrics } from '../metrics.ts';
import type { Described } from './book.ts';
import { modelLabelsMax } from './labels.ts';
import { defaultLinesMost } from './process-series.ts';

const nothing: Watch<HttpHappenings> = () => () => {};
const none = { turnsMax: 0, queueMax: 0, streamsMax: 0 };

/** Every series that is the gateway's own. */
export const ownSeries = (): readonly Described[] => {
  const options = { watch: nothing, spelled: () => null, capacity: none, now: () => 0 };
  const metrics = createMetrics({ ...options, ofProcess: true });
  metrics.stop();
  return metrics.described;
};

/** Lines of the page that are samples: more there can never be. */
export const linesMost = (all: readonly Described[]): number =>
  all.reduce((sum, { most }) => sum + most, defaultLinesMost);

const number = (value: number): string => value.toLocaleString('en-US');

const row = ({ name, type, labelNames, help, most }: Described): string =>
  `| \`${name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${help} | ${number(most)} |`;

const table = (all: readonly Described[]): string => {
  const kept = ['| series | type | labels | what it tells | lines at most |', '|---|---|---|---|---:|'];
  return [...kept, ...all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(row)].join('\n');
};

const bound = (all: readonly Described[]): string =>
  `With ${modelLabelsMax} models the page has at most **${number(linesMost(all))}** samples: the sum of the last column, and ${defaultLinesMost} for the library's own.`;

const between = (page: string, name: string, text: string): string =>
  page.replace(
    new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- end of ${name} -->`),
    () => `<!-- ${name} -->\n\n${text}\n\n<!-- end of ${name} -->`,
  );

/** The page with its tables as they are now. */
export const withSeries = (page: string): string => {
  const all = ownSeries();
  return between(between(page, 'series', table(all)), 'bound', bound(all));
};
