/**
 * `/metrics`: the list of series in the text format of Prometheus. A series is a line of `series` below and a fact; whoever adds
 * one adds both. Invariant: label values are chosen here, never by a client, so the number of series has a bound.
 */

import type { Health } from '../actors/service.ts';
import type { ToolBufferCounts } from '../actors/tool-buffer.ts';
import type { Header } from './headers.ts';

export interface MetricFacts {
  readonly health: Health;
  /** Open Server-Sent Events answers. */
  readonly streams: number;
  readonly maintenance: boolean;
  /** Text that was held back because it might be a tool call. */
  readonly toolBuffer: Pick<ToolBufferCounts, 'counts' | 'anomaly'>;
}

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Series {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: (facts: MetricFacts) => number | readonly Sample[];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const readyWorkers = ({ health }: MetricFacts): number =>
  health.workers.filter(({ state }) => state === 'ready').length;

const buffered = (event: 'started' | 'flushed' | 'aborted', help: string): Series => ({
  name: `codex_tool_buffer_${event}_total`,
  type: 'counter',
  help,
  samples: ({ toolBuffer }) =>
    toolBuffer.counts(event).map(({ outputMode, reason, count }) => ({
      labels: { output_mode: outputMode, reason },
      value: count,
    })),
});

const series: readonly Series[] = [
  {
    name: 'codex_worker_ready',
    type: 'gauge',
    help: 'Whether any worker is in service.',
    samples: ({ health }) => Number(health.ready),
  },
  {
    name: 'codex_workers_configured',
    type: 'gauge',
    help: 'Workers that are to run side by side.',
    samples: ({ health }) => health.workers.length,
  },
  { name: 'codex_workers_ready', type: 'gauge', help: 'Workers in service.', samples: readyWorkers },
  {
    name: 'codex_worker_restarts_total',
    type: 'counter',
    help: 'Restarts of all workers.',
    samples: ({ health }) => sum(health.workers.map(({ restartsTotal }) => restartsTotal)),
  },
  {
    name: 'codex_worker_backoff_ms',
    type: 'gauge',
    help: 'Wait before the restart of the worker that rests longest; 0: none rests.',
    samples: ({ health }) => health.restartDelayMs ?? 0,
  },
  {
    name: 'codex_streams_active',
    type: 'gauge',
    help: 'Open answers that are streamed.',
    samples: ({ streams }) => streams,
  },
  {
    name: 'codex_turns_active',
    type: 'gauge',
    help: 'Turns that have a worker.',
    samples: ({ health }) => sum(health.workers.map(({ activeTurns }) => activeTurns)),
  },
  {
    name: 'codex_maintenance_mode',
    type: 'gauge',
    help: 'Whether the operator says that the gateway is in maintenance.',
    samples: ({ maintenance }) => Number(maintenance),
  },
  buffered('started', 'Texts that were held back because they might be tool calls, by how they begin.'),
  buffered('flushed', 'Texts that were held back and went on, by what they were.'),
  buffered('aborted', 'Texts that were held back and were no tool calls after all, by what was wrong with them.'),
  {
    name: 'codex_tool_buffer_anomaly',
    type: 'gauge',
    help: 'Whether within the last two minutes such a text was no tool call.',
    samples: ({ toolBuffer }) => Number(toolBuffer.anomaly),
  },
];

export const metricsType: Header = ['content-type', 'text/plain; version=0.0.4; charset=utf-8'];

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const labelled = (labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

export function metricsText(facts: MetricFacts, all: readonly Series[] = series): string {
  const lines = all.flatMap(({ name, type, help, samples }) => {
    const found = samples(facts);
    const each: readonly Sample[] = typeof found === 'number' ? [{ value: found }] : found;
    return [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...each.map(({ labels = {}, value }) => `${name}${labelled(labels)} ${value}`),
    ];
  });
  return `${lines.join('\n')}\n`;
}
