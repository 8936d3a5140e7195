/** `docs/api.md` says of every field what the table enforces. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withParamsTable } from './params-page.ts';
import { paramNotes } from './requests/param-notes.ts';
import { params } from './requests/params.ts';

test('every field has its note, and no note is of nothing', () => {
  expect(Object.keys(paramNotes).sort()).toEqual([...params.keys()].sort());
});

test('docs/api.md holds the table as it is', () => {
  const page = readFileSync(new URL('../docs/api.md', import.meta.url), 'utf8');
  // `npm run pages` renews it.
  expect(page).toContain('<!-- fields -->');
  expect(page).toBe(withParamsTable(page));
});
