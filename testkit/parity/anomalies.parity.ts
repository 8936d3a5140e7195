/**
 * The anomalous sequences of worker events, each as a property: generated scripts of the row, alone and beside others, read in all
 * four ways, with the outcome that the row demands. `testkit/sequences/` says what is generated and what must hold.
 */

import { beforeAll, describe, expect, test } from 'vitest';
import { modes } from '../world/modes.ts';
import { type Run, run } from '../sequences/run.ts';
import { rowNames } from '../sequences/sessions.ts';
import { story } from '../sequences/story.ts';
import { readTable } from './rows.ts';

const seed = 20_261_130;
const sessionsOfRow = 40;
const sessionsOfAll = 600;

const { rows } = readTable();
const featureOf = (row: string): string => rows.find((one) => one.row === row)?.feature ?? row;

const toldOf = ({ failure }: Run): string =>
  failure === null ? '' : `${failure.complaints.join('\n')}\n${story(failure.session)}`;

test.each(rowNames.map((row) => [row, featureOf(row)] as const))(
  '%s: %s',
  async (row) => {
    const played = await run({ seed, runs: sessionsOfRow, rows: [row], strictEvery: 2 });
    expect(toldOf(played)).toBe('');
    const ways = played.census.rows.get(row);
    expect(modes.filter((mode) => (ways?.get(mode) ?? 0) === 0)).toEqual([]);
  },
  60_000,
);

describe('what must hold of all of them and of free mixtures', () => {
  let played: Run;
  beforeAll(async () => {
    played = await run({ seed, runs: sessionsOfAll, strictEvery: 4 });
  }, 120_000);

  const invariants = rows.filter(({ row }) => row.startsWith('I-'));
  test.each(invariants.map(({ row, feature }) => [row, feature] as const))('%s: %s', (row) => {
    const { failure } = played;
    const told = failure?.complaints.filter((complaint) => complaint.startsWith(`${row} `)) ?? [];
    expect(told).toEqual([]);
    // Whatever it was that failed, the sessions after it were not played.
    expect(toldOf(played)).toBe('');
  });
});
