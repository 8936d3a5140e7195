/** The file is where it may be, and says what was left out without saying it. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ResponseId } from '../machines/ids.ts';
import { TestJournal } from '../testkit/front-end.ts';
import { SanitizerLog, sanitizerLogPath } from './sanitizer-log.ts';

test.each([
  [undefined, '/base/codex-sanitizer.ndjson', false],
  ['/base/logs/s.ndjson', '/base/logs/s.ndjson', false],
  ['s.ndjson', '/base/s.ndjson', false],
  ['/elsewhere/s.ndjson', '/base/codex-sanitizer.ndjson', true],
  ['/base/../etc/s.ndjson', '/base/codex-sanitizer.ndjson', true],
  ['/basement/s.ndjson', '/base/codex-sanitizer.ndjson', true],
  ['/base', '/base/codex-sanitizer.ndjson', true],
])('P-210 %s is %s', (path, used, isForeign) => {
  expect(sanitizerLogPath(path, '/base')).toEqual({ path: used, isForeign });
});

test('P-210 a line for the start and one for each answer', async () => {
  const baseDir = mkdtempSync(join(tmpdir(), 'sanitizer-'));
  onTestFinished(() => rmSync(baseDir, { recursive: true }));
  const journal = new TestJournal();
  const log = new SanitizerLog({ path: '/elsewhere/x', baseDir, journal, now: () => 0 });
  log.summary({
    response: 'resp_a' as ResponseId,
    lines: 2,
    keys: ['session_id', 'build_id'],
    sources: ['fixed', 'event'],
  });
  await log.settled();
  const lines = readFileSync(join(baseDir, 'codex-sanitizer.ndjson'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { ts: '1970-01-01T00:00:00.000Z', component: 'sanitizer', event: 'sanitizer_toggle', enabled: true },
    {
      ts: '1970-01-01T00:00:00.000Z',
      component: 'sanitizer',
      event: 'sanitizer_summary',
      response_id: 'resp_a',
      count: 2,
      keys: ['session_id', 'build_id'],
      sources: ['fixed', 'event'],
    },
  ]);
  expect(journal.events).toEqual(['sanitizer_log_elsewhere', 'sanitizer_toggle', 'sanitizer_summary']);
});
