// The last line of a check must agree with its exit code, whatever a stage left behind.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { tally } from './check-tally.mjs';

const box = mkdtempSync(join(tmpdir(), 'codex-actors-tally-'));
afterAll(() => rmSync(box, { recursive: true, force: true }));

function report(name, numPassedTests, numFailedTests, numPendingTests = 0) {
  const path = join(box, name);
  writeFileSync(path, JSON.stringify({ numPassedTests, numFailedTests, numPendingTests }));
  return path;
}

it('counts a stage without tests as one', () => {
  expect(tally([{ ok: true }, { ok: false }])).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

it('adds the tests of all reports', () => {
  const results = [
    { ok: true, report: report('a.json', 5, 0, 1) },
    { ok: false, report: report('b.json', 3, 2) },
  ];
  expect(tally(results)).toEqual({ passed: 8, failed: 2, skipped: 1 });
});

it('counts a failed run without a failing test as one failure', () => {
  expect(tally([{ ok: false, report: report('c.json', 4, 0) }])).toEqual({ passed: 4, failed: 1, skipped: 0 });
});

it('counts a runner that left no report as one failure', () => {
  expect(tally([{ ok: false, report: join(box, 'absent.json') }])).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

it('counts a run of no files as nothing', () => {
  expect(tally([{ ok: true, report: join(box, 'absent.json') }])).toEqual({ passed: 0, failed: 0, skipped: 0 });
});
