import { expect, test } from 'vitest';
import type { Happenings } from '../actors/diagnostics.ts';
import { createDiagnostics } from './diagnostics.ts';
import { createJournal } from './journal.ts';
import { Outage } from './outage.ts';

test('what is lost is told to the log once, and counted each time', () => {
  const diagnostics = createDiagnostics<Happenings>((_, error) => {
    throw error;
  });
  const events: string[] = [];
  const lost: Happenings['records.dropped'][] = [];
  const ends = [
    diagnostics.watch('event.logged', ({ event }) => void events.push(event)),
    diagnostics.watch('records.dropped', (told) => void lost.push(told)),
  ];
  const outage = new Outage(createJournal(diagnostics), 'usage_log');
  outage.failed('ENOSPC', 3);
  outage.failed('ENOSPC', 1);
  outage.worked();
  outage.worked();
  for (const end of ends) end();
  expect(lost).toEqual([
    { recorder: 'usage_log', count: 3 },
    { recorder: 'usage_log', count: 1 },
  ]);
  expect(events).toEqual(['usage_log_unwritable', 'usage_log_writable']);
});
