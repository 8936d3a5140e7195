/**
 * The simulator is itself checked: a defect that is put back turns a small simulation red, for the expected reason. Here it is
 * those that show at once; `npm run simulate -- --breaks` proves all of them.
 */

import { expect, test } from 'vitest';
import { breaks, objection } from './breaks.ts';
import { elsewhere, rowCount } from './defect-rows.ts';

const quick = breaks.filter((one) => one.responses <= 20);

test.each(quick.map((one) => [one.name, one] as const))('%s is found, and without it all is well', async (_, one) => {
  expect(await objection(one, 1)).toBeNull();
});

test('every row of the catalogue has a break, or a reason for having none', () => {
  const rows = Array.from({ length: rowCount }, (_, index) => `W-${index + 1}`);
  const shown = new Set(breaks.flatMap((one) => one.rows));
  expect(rows.filter((row) => shown.has(row) === Object.hasOwn(elsewhere, row))).toEqual([]);
  expect(new Set(breaks.map((one) => one.name)).size).toBe(breaks.length);
});
