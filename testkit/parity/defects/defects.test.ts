import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTable } from '../rows.ts';
import { defects } from './defects.ts';

test.each(defects.map((defect) => [defect.row, defect] as const))('%s has its place in the code', (_, { edits }) => {
  for (const { file, find, put } of edits) {
    const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
    expect(`${file}: ${source.split(find).length - 1}`).toBe(`${file}: 1`);
    expect(put).not.toBe(find);
  }
});

/** Not in code: documents, a compose file, a file of tests. Their tests compare what is written. */
const notOfCode = ['W-60', 'W-64', 'W-65'];

test('every defect belongs to a row, and every row of a defect in the gateway has one', () => {
  const rows = readTable().rows.filter(({ row }) => row.startsWith('W-'));
  const names = rows.map(({ row }) => row);
  const put = defects.map(({ row }) => row);
  const ours = rows.flatMap(({ row }) => (notOfCode.includes(row) ? [] : [row]));
  expect(ours.filter((row) => !put.includes(row))).toEqual([]);
  expect(defects.filter(({ row }) => !names.includes(row))).toEqual([]);
  expect(new Set(defects.map(({ row }) => row)).size).toBe(defects.length);
});
