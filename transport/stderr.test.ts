import { expect, test } from 'vitest';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { StderrJournal } from './stderr.ts';

const bench = () => {
  const clock = new VirtualClock();
  const lines: unknown[] = [];
  const note = (_event: string, facts?: unknown): void => void lines.push(facts);
  const stderr = new StderrJournal(clock, { info: note, warn: note }, { slot: 1 });
  return { clock, lines, stderr, hear: stderr.source() };
};

test('lines are told without colours, cut, and not too many at once', () => {
  const { clock, lines, hear } = bench();
  hear(Buffer.from(`\u001b[31mred\u001b[0m ${'x'.repeat(600)}\n`));
  expect(lines).toEqual([{ slot: 1, line: `red ${'x'.repeat(496)}`, suppressed: 0 }]);
  for (let at = 0; at < 100; at += 1) hear(Buffer.from('again\n'));
  expect(lines).toHaveLength(20);
  clock.advance(1_000);
  hear(Buffer.from('later\n'));
  expect(lines.at(-1)).toEqual({ slot: 1, line: 'later', suppressed: 81 });
});

test('the last error line is kept, and an endless line does no harm', () => {
  const { stderr, hear } = bench();
  hear(Buffer.alloc(100_000, 'x'));
  hear(Buffer.from('Error: broken\nmore\n'));
  expect(stderr.lastError).toBe('Error: broken');
});

test('the rest of a line that is not for the journal is not either, however long the line', () => {
  const clock = new VirtualClock();
  const lines: unknown[] = [];
  const note = (_event: string, facts?: unknown): void => void lines.push(facts);
  const hear = new StderrJournal(clock, { info: note, warn: note }, {}, { unheard: /^INFO/u }).source();
  for (const words of [
    `INFO ${'x'.repeat(100_000)}`,
    'SECRET',
    'SECRET\nplain\n',
    `INFO ${'x'.repeat(100_000)}\n`,
    'end\n',
  ])
    hear(Buffer.from(words));
  expect(lines).toEqual(['plain', 'end'].map((line) => ({ line, suppressed: 0 })));
});

test('P-204 once it may have heard a prompt, only level and place of a line are told', () => {
  const clock = new VirtualClock();
  const lines: unknown[] = [];
  const note = (_event: string, facts?: unknown): void => void lines.push(facts);
  const stderr = new StderrJournal(clock, { info: note, warn: note }, {});
  const hear = stderr.source();
  hear(Buffer.from('Error: config.toml is broken\n'));
  expect(stderr.lastError).toBe('Error: config.toml is broken');
  stderr.guard();
  for (const line of [
    '2026-11-30T08:54:31.475255Z ERROR codex_core::turn: SECRET words',
    "thread 'tokio-runtime-worker' (12) panicked at core/src/turn.rs:12:5:",
    'SECRET alone',
    'Error: SECRET',
  ])
    hear(Buffer.from(`${line}\n`));
  expect(lines.slice(1)).toEqual([
    { line: '2026-11-30T08:54:31.475255Z ERROR codex_core::turn', chars: 14, suppressed: 0 },
    { line: "thread 'tokio-runtime-worker' (12) panicked at core/src/turn.rs:12:5", chars: 1, suppressed: 0 },
    { line: null, chars: 12, suppressed: 0 },
    { line: null, chars: 13, suppressed: 0 },
  ]);
  expect(stderr.lastError).toBeNull();
});
