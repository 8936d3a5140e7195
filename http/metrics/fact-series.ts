/**
 * What is looked up when somebody asks for the page: the state of workers, queue, sign-in and readers. A series is a line of the
 * table and a fact.
 */

import { loginStates, type Health } from '../../actors/service.ts';
import type { AccountLimits } from '../../actors/account-limits.ts';
import type { ToolBufferCounts } from '../../actors/tool-buffer.ts';
import type { Connections } from '../listener.ts';
import type { Lag } from '../readers.ts';
import type { Across, Book, Sample, SeriesType } from './book.ts';

export interface MetricFacts {
  readonly health: Health;
  readonly connections: Connections;
  /** Open Server-Sent Events answers. */
  readonly streams: number;
  readonly lag: Lag;
  readonly maintenance: boolean;
  /** Text that was held back because it might be a tool call. */
  readonly toolBuffer: Pick<ToolBufferCounts, 'counts' | 'anomaly'>;
  /** What should not happen and did, by name. */
  readonly anomalies: Readonly<Record<string, number>>;
  readonly account: AccountLimits | null;
}

/** What the operator has set; 0: no limit. */
export interface Capacity {
  readonly turnsMax: number;
  readonly queueMax: number;
  readonly streamsMax: number;
  /** Processes on the port; absent: one. */
  readonly nodes?: number;
}

interface Row {
  readonly name: string;
  readonly type: Extract<SeriesType, 'counter' | 'gauge'>;
  readonly help: string;
  readonly labelNames?: readonly string[];
  readonly sets?: number;
  /** Of several nodes; absent: their sum. */
  readonly across?: Across;
  readonly find: (facts: MetricFacts, capacity: Capacity) => number | readonly Sample[];
}

const phases = ['held', 'starting', 'ready', 'draining', 'sick', 'stopping', 'resting', 'open', 'stopped'] as const;
/** Two output modes; the reasons of whichever event has the most. */
const bufferSets = 2 * 8;
/** Names in `transport/counters.ts`, with room. */
const anomalySets = 32;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const inPhase = ({ workers }: Health, phase: string): number => workers.filter(({ state }) => state === phase).length;
const restarts = ({ health }: MetricFacts): number => sum(health.workers.map(({ restartsTotal }) => restartsTotal));

const gauge = (name: string, help: string, find: Row['find']): Row => ({ name, type: 'gauge', help, find });
const counter = (name: string, help: string, find: Row['find']): Row => ({ name, type: 'counter', help, find });

/** What is said of the account, or of all workers, is not more for being said by several. */
const most = (row: Row): Row => ({ ...row, across: 'max' });

const buffered = (event: 'started' | 'flushed' | 'aborted', help: string): Row => ({
  ...counter(`codex_tool_buffer_${event}_total`, help, ({ toolBuffer }) =>
    toolBuffer.counts(event).map(({ outputMode, reason, count }) => ({
      labels: { output_mode: outputMode, reason },
      value: count,
    })),
  ),
  labelNames: ['output_mode', 'reason'],
  sets: bufferSets,
});

const rows: readonly Row[] = [
  most(gauge('codex_nodes_configured', 'Processes that are to serve the port.', (_, { nodes = 1 }) => nodes)),
  gauge('codex_nodes_up', 'Processes that serve it, and have answered for this page.', () => 1),
  counter('codex_node_exits_total', 'Nodes that have ended while the host went on.', () => 0),
  most(gauge('codex_worker_ready', 'Whether any worker is in service.', ({ health }) => Number(health.ready))),
  gauge('codex_workers_configured', 'Workers that are to run side by side.', ({ health }) => health.workers.length),
  gauge('codex_workers_ready', 'Workers in service.', ({ health }) => inPhase(health, 'ready')),
  {
    ...gauge(
      'codex_workers',
      'Workers by state; resting: back-off, open: given up after too many restarts.',
      ({ health }) => phases.map((state) => ({ labels: { state }, value: inPhase(health, state) })),
    ),
    labelNames: ['state'],
    sets: phases.length,
  },
  counter('codex_worker_restarts_total', 'Restarts of all workers, as in /readyz.', restarts),
  counter('codex_worker_restarts_inc_total', 'The same under its second name.', restarts),
  most(
    gauge(
      'codex_worker_backoff_ms',
      'Milliseconds before the restart of the worker that rests longest; 0: none rests.',
      ({ health }) => health.restartDelayMs ?? 0,
    ),
  ),
  gauge('codex_connections_open', 'Open connections, idle ones included.', ({ connections }) => connections.open),
  counter(
    'codex_connections_refused_total',
    'Connections that were closed at once, because PROXY_CONNECTIONS_MAX were open.',
    ({ connections }) => connections.refused,
  ),
  gauge('codex_streams_active', 'Open answers that are streamed.', ({ streams }) => streams),
  most(
    gauge(
      'codex_streams_limit',
      'Answers that may be streamed at once; 0: no limit.',
      (_, { streamsMax }) => streamsMax,
    ),
  ),
  gauge('codex_turns_active', 'Turns that have a worker: leases.', ({ health }) =>
    sum(health.workers.map(({ activeTurns }) => activeTurns)),
  ),
  gauge('codex_turns_limit', 'Turns that all workers together may have.', (_, { turnsMax }) => turnsMax),
  gauge('codex_queue_length', 'Requests that wait for a worker.', ({ health }) => health.queued),
  gauge('codex_queue_limit', 'Requests that may wait for a worker.', (_, { queueMax }) => queueMax),
  gauge('codex_readers_blocked', 'Streams whose client does not take what waits for it.', ({ lag }) => lag.blocked),
  gauge('codex_reader_lag_bytes', 'Of open answers, what their readers have not been sent.', ({ lag }) => lag.bytes),
  most(
    gauge('codex_reader_lag_max_bytes', 'The same of the reader that is furthest behind.', ({ lag }) => lag.bytesMax),
  ),
  {
    ...gauge(
      'codex_login_state',
      'Whether the account of Codex is signed in: 1 for the state that it is in.',
      ({ health }) => loginStates.map((state) => ({ labels: { state }, value: Number(health.login === state) })),
    ),
    labelNames: ['state'],
    sets: loginStates.length,
    across: 'max',
  },
  {
    ...gauge('codex_account_limit_used_ratio', 'Of the plan of the account, what is used up.', ({ account }) =>
      (['primary', 'secondary'] as const).flatMap((window) => {
        const percent = account?.[window]?.usedPercent;
        return percent === undefined ? [] : [{ labels: { window }, value: percent / 100 }];
      }),
    ),
    labelNames: ['window'],
    sets: 2,
    across: 'max',
  },
  most(
    gauge(
      'codex_maintenance_mode',
      'Whether the operator says that the gateway is in maintenance.',
      ({ maintenance }) => Number(maintenance),
    ),
  ),
  buffered('started', 'Texts that were held back because they might be tool calls, by how they begin.'),
  buffered('flushed', 'Texts that were held back and went on, by what they were.'),
  buffered('aborted', 'Texts that were held back and were no tool calls after all, by what was wrong with them.'),
  most(
    gauge(
      'codex_tool_buffer_anomaly',
      'Whether within the last two minutes such a text was no tool call.',
      ({ toolBuffer }) => Number(toolBuffer.anomaly),
    ),
  ),
  {
    ...counter(
      'codex_protocol_anomalies_total',
      'What workers said or did that they should not, by name.',
      ({ anomalies }) => Object.entries(anomalies).map(([kind, value]) => ({ labels: { kind }, value })),
    ),
    labelNames: ['kind'],
    sets: anomalySets,
  },
];

/** `facts` are those of the page that is being written. */
export function factSeries(book: Book, facts: () => MetricFacts, capacity: Capacity): void {
  for (const { name, type, help, labelNames = [], sets = 1, across = 'sum', find } of rows) {
    const samples = (): readonly Sample[] => {
      const found = find(facts(), capacity);
      return typeof found === 'number' ? [{ labels: {}, value: found }] : found;
    };
    book.keep({ name, help, labelNames, sets, across }, { type, lines: 1, samples });
  }
}
