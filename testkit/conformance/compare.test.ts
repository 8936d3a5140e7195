/**
 * The comparison itself: every golden with one change is refused, whatever the line; the reorderings that the real CLI
 * shows are not. Exhaustive over all lines of all goldens, so that no line is out of its sight.
 */

import { beforeAll, describe, expect, test } from 'vitest';
import { differences } from './compare.ts';
import { type Entry, membersOf, parsed } from './entry.ts';
import { readGolden } from './golden.ts';
import { lanes } from './order.ts';
import { scenarios } from './scenarios.ts';

const goldens = new Map<string, readonly Entry[]>();

beforeAll(async () => {
  for (const { name } of scenarios) goldens.set(name, await readGolden(name));
});

/** Each line of each golden with what `change` makes of it; null: not this one. */
const accepted = (change: (entries: readonly Entry[], at: number) => readonly Entry[] | null): readonly string[] =>
  [...goldens].flatMap(([name, golden]) =>
    golden.flatMap((entry, at) => {
      const changed = change(golden, at);
      return changed !== null && differences(golden, changed).length === 0 ? [`${name} ${at}: ${entry[1]}`] : [];
    }),
  );

const edited =
  (edit: (message: Record<string, unknown>) => unknown) =>
  (golden: readonly Entry[], at: number): readonly Entry[] =>
    golden.with(at, [golden[at]?.[0] ?? 'out', JSON.stringify(edit({ ...membersOf(parsed(golden[at]?.[1] ?? '')) }))]);

/** The value with its innermost last leaf replaced. */
const leafChanged = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value === 'other' ? 'another' : 'other';
  const last = Object.keys(value).at(-1);
  if (last === undefined) return { extra: null };
  if (Array.isArray(value)) return [...value.slice(0, -1), leafChanged(value.at(-1))];
  return { ...value, [last]: leafChanged((value as Record<string, unknown>)[last]) };
};

describe('refused, at every line of every golden', () => {
  test('a dropped line', () => {
    expect(accepted((golden, at) => golden.toSpliced(at, 1))).toEqual([]);
  });

  test('a line said twice', () => {
    expect(accepted((golden, at) => golden.toSpliced(at, 0, golden[at] as Entry))).toEqual([]);
  });

  test('an extra member', () => {
    expect(accepted(edited((message) => ({ ...message, extra: null })))).toEqual([]);
  });

  test('a member of another value', () => {
    expect(accepted(edited(leafChanged))).toEqual([]);
  });

  test('members in another order', () => {
    const reversed = (message: Record<string, unknown>) => Object.fromEntries(Object.entries(message).toReversed());
    const isOne = (entry: Entry | undefined): boolean => Object.keys(membersOf(parsed(entry?.[1] ?? ''))).length < 2;
    expect(accepted((golden, at) => (isOne(golden[at]) ? null : edited(reversed)(golden, at)))).toEqual([]);
  });

  test('two lines of a lane that change places', () => {
    const swapped = (golden: readonly Entry[], at: number): readonly Entry[] | null => {
      const [channel, text] = golden[at] as Entry;
      if (channel === 'in') return null;
      const lane = [...lanes(golden).values()].find((texts) => texts.includes(text));
      const next = lane?.[lane.indexOf(text) + 1];
      const to = golden.findIndex((entry) => entry[1] === next);
      return to === -1 ? null : golden.with(at, golden[to] as Entry).with(to, [channel, text]);
    };
    expect(accepted(swapped)).toEqual([]);
  });

  test('two requests of ours that change places', () => {
    const swapped = (golden: readonly Entry[], at: number): readonly Entry[] | null => {
      const to = golden.findIndex(([channel], index) => index > at && channel === 'in');
      if (golden[at]?.[0] !== 'in' || to === -1) return null;
      return golden.with(at, golden[to] as Entry).with(to, golden[at]);
    };
    expect(accepted(swapped)).toEqual([]);
  });
});

const moved = (golden: readonly Entry[], isOne: (entry: Entry) => boolean, to: number): readonly Entry[] => {
  const at = golden.findIndex(isOne);
  return golden.toSpliced(at, 1).toSpliced(to, 0, golden[at] as Entry);
};
const methodIs = (method: string, text = '') => {
  const head = `"method":"${method}"`;
  return ([channel, line]: Entry): boolean => channel === 'out' && line.includes(head) && line.includes(text);
};
const golden = (name: string): readonly Entry[] => goldens.get(name) ?? [];

describe('the reorderings', () => {
  test('an answer may come before or behind any notification', () => {
    const refused = [...goldens].flatMap(([name, entries]) =>
      entries.flatMap((entry, at) => {
        if (entry[0] !== 'out' || membersOf(parsed(entry[1]))['method'] !== undefined) return [];
        const ends = [0, entries.length].map((to) =>
          differences(
            entries,
            moved(entries, (one) => one === entry, to),
          ),
        );
        return ends.every((found) => found.length === 0) ? [] : [`${name} ${at}`];
      }),
    );
    expect(refused).toEqual([]);
  });

  test('echoes may come late, but neither swapped nor behind the first output', () => {
    const entries = golden('text');
    const isEcho = methodIs('rawResponseItem/completed', 'auto-compact-0');
    const output = entries.findIndex(methodIs('item/started'));
    const second = entries.findLastIndex(isEcho);
    const pushed = entries.toSpliced(second, 1).toSpliced(output - 1, 0, entries[second] as Entry);
    expect(differences(entries, pushed)).toEqual([]);
    expect(differences(entries, moved(entries, isEcho, second))).not.toEqual([]);
    expect(differences(entries, moved(entries, isEcho, output))).not.toEqual([]);
  });

  test('a call may be asked late, but not behind its end', () => {
    const entries = golden('parallel-calls');
    const [started, asked] = [methodIs('item/started', 'call_1_0'), methodIs('item/tool/call', 'call_1_0')];
    const finished = entries.findIndex(methodIs('item/completed', 'call_1_0'));
    const late = moved(moved(entries, started, finished - 1), asked, finished - 1);
    expect(late).not.toEqual(entries);
    expect(differences(entries, late)).toEqual([]);
    expect(differences(entries, moved(entries, asked, finished))).not.toEqual([]);
    const raw = entries.findIndex(methodIs('rawResponseItem/completed', '"call_id":"call_1_0"'));
    expect(differences(entries, moved(entries, started, raw))).not.toEqual([]);
  });

  test('two threads are free among each other', () => {
    const entries = golden('two-threads');
    const second = entries.filter(([channel, line]) => channel === 'out' && line.includes('"threadId":"T2"'));
    const apart = [...entries.filter((entry) => !second.includes(entry)), ...second];
    expect(apart).not.toEqual(entries);
    expect(differences(entries, apart)).toEqual([]);
  });

  test('limits may be told anywhere', () => {
    const limits: Entry = ['out', '{"method":"account/rateLimits/updated","params":{}}'];
    expect(differences([limits, ...golden('text')], [...golden('text'), limits])).toEqual([]);
  });
});

test('a difference is told by its members and not by its line', () => {
  const entries = golden('text');
  const at = entries.findIndex(methodIs('turn/completed'));
  const changed = entries.with(at, ['out', (entries[at]?.[1] ?? '').replace('"completed"', '"failed"')]);
  expect(differences(entries, changed)).toEqual(['out turn/completed: .params.turn.status: "completed", not "failed"']);
});

test('a lost order is told by its lane', () => {
  const entries = golden('text');
  const at = entries.findIndex(methodIs('turn/completed'));
  const found = differences(entries, moved(entries, methodIs('turn/completed'), at - 1));
  expect(found[0]).toMatch(
    /^order of thread T1: entry \d+ is out thread\/tokenUsage\/updated, not out turn\/completed$/,
  );
});
