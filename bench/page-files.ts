/** Where the results page and what it is made of lie. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNotes } from './notes.ts';
import { type Page, type PageInput, pageOf, type Profile } from './page.ts';
import type { Report } from './report.ts';

const docs = join(import.meta.dirname, '../docs');
const folder = join(docs, 'benchmarks');
const figures = join(folder, 'figures.json');

const textOr = (file: string, otherwise: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
};

function profiles(): readonly Profile[] {
  const names = readdirSync(join(docs, 'profiles')).filter((name) => name.endsWith('.md'));
  return names.toSorted().map((name) => ({
    file: `profiles/${name}`,
    text: readFileSync(join(docs, 'profiles', name), 'utf8'),
  }));
}

/** Null: no page was ever written. */
export const keptReport = (file: string = figures): Report | null => {
  const text = textOr(file, '');
  return text === '' ? null : (JSON.parse(text) as Report);
};

export const reportText = (report: Report): string => `${JSON.stringify(report, null, 1)}\n`;

const inputOf = (report: Report): PageInput => ({
  report,
  notes: readNotes(textOr(join(folder, 'notes.md'), '')),
  profiles: profiles(),
});

export const currentPage = (report: Report): Page => pageOf(inputOf(report));

export const pageText = (): string => textOr(join(docs, 'benchmarks.md'), '');

export function writePage(report: Report): void {
  const { markdown, charts } = currentPage(report);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name.endsWith('.svg')) rmSync(join(folder, name));
  for (const [name, svg] of charts) writeFileSync(join(folder, name), svg);
  writeFileSync(figures, reportText(report));
  writeFileSync(join(docs, 'benchmarks.md'), markdown);
}
