import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTable } from '../rows.ts';
import { defects } from './defects.ts';

test.each(defects.map((defect) => [defect.row, defect] as const))('%s has its place in the code', (_, defect) => {
  const source = readFileSync(new URL(`../../../${defect.file}`, import.meta.url), 'utf8');
  expect(source.split(defect.find)).toHaveLength(2);
  expect(defect.put).not.toBe(defect.find);
});

test('every defect belongs to a row', () => {
  const rows = readTable().rows.map(({ row }) => row);
  expect(defects.filter(({ row }) => !rows.includes(row))).toEqual([]);
});
