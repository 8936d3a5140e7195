import { expect, test } from 'vitest';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { StderrJournal } from './stderr.ts';

const bench = () => {
  const clock = new VirtualClock();
  const lines: unknown[] = [];
  const note = (_event: string, facts?: unknown): void => void lines.push(facts);
  return { clock, lines, stderr: new StderrJournal(clock, { info: note, warn: note }, { slot: 1 }) };
};

test('lines are told without colours, cut, and not too many at once', () => {
  const { clock, lines, stderr } = bench();
  stderr.push(Buffer.from(`\u001b[31mred\u001b[0m ${'x'.repeat(600)}\n`));
  expect(lines).toEqual([{ slot: 1, line: `red ${'x'.repeat(496)}`, suppressed: 0 }]);
  for (let at = 0; at < 100; at += 1) stderr.push(Buffer.from('again\n'));
  expect(lines).toHaveLength(20);
  clock.advance(1_000);
  stderr.push(Buffer.from('later\n'));
  expect(lines.at(-1)).toEqual({ slot: 1, line: 'later', suppressed: 81 });
});

test('the last error line is kept, and an endless line does no harm', () => {
  const { stderr } = bench();
  stderr.push(Buffer.alloc(100_000, 'x'));
  stderr.push(Buffer.from('Error: broken\nmore\n'));
  expect(stderr.lastError).toBe('Error: broken');
});
