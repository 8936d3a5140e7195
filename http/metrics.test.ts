import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ToolBufferCounts } from '../actors/tool-buffer.ts';
import { readyHealth } from '../testkit/fake-service.ts';
import { metricsText } from './metrics.ts';

const facts = { health: readyHealth, streams: 3, maintenance: true, toolBuffer: new ToolBufferCounts(() => 0) };

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
    'codex_tool_buffer_anomaly 0',
  ]);
});

test('P-194 what became of text that was held back, and for two minutes that something was aborted', () => {
  let now = 0;
  const toolBuffer = new ToolBufferCounts(() => now);
  const samples = () =>
    metricsText({ ...facts, toolBuffer })
      .split('\n')
      .filter((line) => line.startsWith('codex_tool_buffer_'));
  const news = toolBuffer.of('obsidian-xml');
  news.started('use_tool');
  news.started('use_tool');
  news.flushed('call');
  toolBuffer.of('openai-json').started('tool_call');
  expect(samples()).toEqual([
    'codex_tool_buffer_started_total{output_mode="obsidian-xml",reason="use_tool"} 2',
    'codex_tool_buffer_started_total{output_mode="openai-json",reason="tool_call"} 1',
    'codex_tool_buffer_flushed_total{output_mode="obsidian-xml",reason="call"} 1',
    'codex_tool_buffer_anomaly 0',
  ]);
  news.aborted('unclosed');
  expect(samples().slice(-2)).toEqual([
    'codex_tool_buffer_aborted_total{output_mode="obsidian-xml",reason="unclosed"} 1',
    'codex_tool_buffer_anomaly 1',
  ]);
  now = 120_000;
  expect(samples().at(-1)).toBe('codex_tool_buffer_anomaly 0');
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
