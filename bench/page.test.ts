import { describe, expect, test } from 'vitest';
import { readNotes } from './notes.ts';
import { type PageInput, pageOf } from './page.ts';
import { currentPage, keptReport, pageText } from './page-files.ts';
import { merged, type Report, reportOf, resultText, shown, withUnit } from './report.ts';
import type { Result } from './scenario.ts';

const spread = (median: number) => ({ median, min: median / 2, max: median * 2 });
const machine = { cpu: 'A CPU', cores: 2, memoryGibibytes: 24, kernel: '6.1', node: '22.1.0', uws: '20.51 (some)' };
const run = { rounds: 5, commit: 'abc1234', date: '2026-11-30', short: false };

const streams: Result = {
  scenario: 'streams',
  shows: 'streams a second',
  figures: ['gateway', 'express'].map((subject, index) => ({
    name: 'streams_per_core_second',
    subject,
    unit: '/s',
    spread: spread(2_000 / (index + 1)),
    cpuShares: { client: 0.3, shim: index === 0 ? 0.85 : null },
    limitedBy: index === 0 ? ['shim'] : [],
  })),
  comparisons: [{ name: 'streams_per_core_second gateway/express', unit: '', spread: spread(2), limitedBy: ['shim'] }],
  verdicts: [
    {
      key: 'streams-express',
      says: 'at least 4x | Express',
      of: 'streams_per_core_second gateway/express',
      atLeast: 4,
      value: 2,
      unit: '',
      met: false,
      limitedBy: ['shim'],
    },
  ],
};
const frontier: Result = {
  scenario: 'frontier',
  shows: 'requests within a bound',
  figures: [],
  comparisons: [],
  verdicts: [],
  curves: [
    {
      name: 'p99',
      subject: 'gateway',
      x: 'offered',
      y: 'ms',
      points: [
        [100, 2],
        [2_000, 30],
      ],
    },
    { name: 'p99', subject: 'express', x: 'offered', y: 'ms', points: [[0, 0]] },
  ],
};
const input = (notes = ''): PageInput => ({
  report: reportOf(machine, [streams, frontier], run),
  notes: readNotes(notes),
  profiles: [{ file: 'profiles/egress.md', text: '# Egress\n\n## Learned\n\nMuch, [see](../adr/a.md).\n' }],
});

describe('the results page', () => {
  test('of the same report is the same, byte for byte, also when that was a file meanwhile', () => {
    const again = { ...input(), report: JSON.parse(JSON.stringify(input().report)) as Report };
    expect(pageOf(again)).toEqual(pageOf(input()));
  });

  test('tells of machine, commit, targets, figures and charts', () => {
    const { markdown, charts } = pageOf(input());
    for (const part of [
      '| machine | 2 x A CPU, 24 GiB, Linux 6.1 |',
      '| commit | abc1234, 2026-11-30 |',
      '0 of 1 are met',
      '| at least 4x \\| Express | 2.00 | **missed**, see [streams-express](#streams-express) | [streams](#streams), limited by shim |',
      '| streams_per_core_second | gateway | 2000 /s (1000..4000) | 30 % | 85 % | limited by shim |',
      '![streams](benchmarks/streams-streams_per_core_second.svg)',
      '![frontier](benchmarks/frontier-p99.svg)',
      '| p99 | gateway | 2000 | 30.0 |',
      '### Egress',
      '#### Learned',
      'Much, [see](adr/a.md).',
    ])
      expect(markdown).toContain(part);
    expect([...charts.keys()]).toEqual(['streams-streams_per_core_second.svg', 'frontier-p99.svg']);
  });

  test('says of each scenario how it was run, and of targets that they were judged by a first look', () => {
    const report = reportOf(machine, [streams], { ...run, rounds: 1, short: true });
    const { markdown } = pageOf({ ...input(), report });
    expect(markdown).toContain('[streams](#streams), `--short`, limited by shim |');
    expect(markdown).toContain('One round with `--short`, which is a first look and no figure; commit abc1234');
    expect(pageOf(input()).markdown).toContain('\n5 rounds; commit abc1234, 2026-11-30.\n');
  });

  test('gives the reason where one is noted, and says so where none is', () => {
    expect(pageOf(input()).markdown).toContain('### streams-express\n\nat least 4x | Express\n\nNothing is known yet');
    const noted = 'How to write notes.\n\n## streams-express\n\nThe write costs\nmost.\n\n## other\n\nNo.\n';
    expect(pageOf(input(noted)).markdown).toContain('The write costs\nmost.\n');
  });

  test('has the links of its parts as they read from its own place', () => {
    const links = '[a](../adr/a.md#b) [b](near.md) [c](#key) [d](https://example.com/../x)';
    const { markdown } = pageOf({
      ...input(`## streams-express\n\n${links}\n`),
      profiles: [{ file: 'profiles/egress.md', text: links }],
    });
    expect(markdown).toContain('[a](adr/a.md#b) [b](benchmarks/near.md) [c](#key) [d](https://example.com/../x)');
    expect(markdown).toContain('[a](adr/a.md#b) [b](profiles/near.md) [c](#key) [d](https://example.com/../x)');
  });

  // Profiles are written by hand, at any time; the next run takes them up.
  test('is what the kept figures and notes make, but for the profiles', () => {
    const kept = keptReport();
    if (kept === null) return;
    const withoutProfiles = (text: string): string => text.split('\n## Profiles')[0] ?? '';
    expect(withoutProfiles(pageText())).toBe(withoutProfiles(currentPage(kept).markdown));
  });
});

test('charts are whole documents, and what is drawn has a place', () => {
  for (const svg of pageOf(input()).charts.values()) {
    expect(svg.startsWith('<svg ') && svg.endsWith('</svg>\n')).toBe(true);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  }
});

test('figures are renewed by scenario', () => {
  const older = reportOf(machine, [frontier, streams], run);
  const later = { ...run, commit: 'def5678' };
  const both = merged(older, reportOf(machine, [{ ...streams, shows: 'again' }], later), ['streams', 'frontier']);
  expect(both.results.map(({ scenario, shows }) => [scenario, shows])).toEqual([
    ['streams', 'again'],
    ['frontier', 'requests within a bound'],
  ]);
  expect(both.runs).toEqual({ streams: later, frontier: run });
  expect(both.ratios).toEqual({
    'streams streams_per_core_second gateway/express': { ...spread(2), unit: '', limitedBy: ['shim'] },
  });
});

test('a result as text has its figures, and which targets are missed', () => {
  const text = resultText(streams);
  expect(text).toContain('MISSED streams-express: at least 4x | Express; it is 2.00 (limited by shim)');
  expect(text).toMatch(/gateway +2000 \(1000..4000\) \/s +30% +85% +limited by shim/);
});

test.for([
  [0, '0.000'],
  [0.1234, '0.123'],
  [1.234, '1.23'],
  [12.34, '12.3'],
  [123.4, '123'],
  [9_999, '9999'],
  [12_340, '12.3k'],
  [123_400, '123k'],
  [-2.5, '-2.50'],
  [12_340_000, '12M'],
] as const)('%d is shown as %s', ([value, text]) => expect(shown(value)).toBe(text));

test.for([
  [950, 'B', '950 B'],
  [19_400, 'B', '19.4 kB'],
  [28_000_000, 'B', '28 MB'],
  [19_400, '/s', '19.4k /s'],
  [1.5, '', '1.50'],
] as const)('%d %s is told as %s', ([value, unit, text]) => expect(withUnit(value, unit)).toBe(text));
