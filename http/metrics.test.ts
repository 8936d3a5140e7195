import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readyHealth } from '../testkit/fake-service.ts';
import { metricsText } from './metrics.ts';

const facts = { health: readyHealth, streams: 3, maintenance: true };

test('P-193 P-195 what is known of workers, streams and turns', () => {
  const samples = metricsText(facts)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(samples).toEqual([
    'codex_worker_ready 1',
    'codex_workers_configured 2',
    'codex_workers_ready 1',
    'codex_worker_restarts_total 4',
    'codex_worker_backoff_ms 500',
    'codex_streams_active 3',
    'codex_turns_active 2',
    'codex_maintenance_mode 1',
  ]);
});

test('P-197 every series has its help and its type before it', () => {
  const lines = metricsText(facts).split('\n');
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('codex_')) continue;
    const name = /^\w+/.exec(line)?.[0];
    expect(lines[index - 1]).toMatch(new RegExp(`^# TYPE ${name} (gauge|counter)$`));
    expect(lines[index - 2]).toMatch(new RegExp(`^# HELP ${name} .+`));
  }
});

test('P-197 a label is one line, whatever its value', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const series = {
        name: 'x',
        type: 'gauge',
        help: 'h',
        samples: () => [{ labels: { a: value }, value: 1 }],
      } as const;
      const [, , line = '', ...rest] = metricsText(facts, [series]).split('\n');
      expect(rest).toEqual(['']);
      const quoted = /^x\{a="((?:[^"\\]|\\["\\n])*)"\} 1$/s.exec(line)?.[1];
      expect(quoted?.replace(/\\(.)/g, (_, code: string) => (code === 'n' ? '\n' : code))).toBe(value);
    }),
  );
});
