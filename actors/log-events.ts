/**
 * Every event of the log, and which fields it may have: what is not in here cannot be logged, the types of `Journal` see to it.
 * Invariant: names are kept once they are published; operators search for them.
 */

import { answer, copilot, details, faults, owned, requests } from './log-events-request.ts';
import type { FieldValue, LogField } from './log-fields.ts';

export type Component = 'process' | 'http' | 'request' | 'worker' | 'sanitizer';

export interface LogEventEntry {
  readonly component: Component;
  /** When. */
  readonly about: string;
  readonly fields: readonly LogField[];
  /** Whatever the one who logs it says; otherwise that. */
  readonly level?: 'debug' | 'error';
}

const worker = ['slot', 'epoch', 'worker_state', 'restart_count'] as const;

const process = {
  config: ['The gateway starts.', ['settings']],
  backend: ['The same: what its workers are.', ['mode', 'set_by']],
  backend_doubt: ['The program looks like one for the other protocol.', ['remedy']],
  shutdown_announced: [
    'With `PROXY_DRAIN_NOTICE_MS`: `/readyz` says no, and requests are still served.',
    ['signal', 'notice_ms'],
  ],
  shutdown_initiated: ['It was told to end, and takes no new requests.', ['signal']],
  shutdown_complete: ['Everything has ended.', []],
  overload_began: ['It has more to do than it has time for, and refuses new answers.', ['delay_ms']],
  overload_ended: ['It takes new answers again; so many were refused.', ['delay_ms', 'count']],
  watcher_failed: ['Metrics, traces or the log could not take something. Told once for each.', ['happening', 'reason']],
  log_lines_dropped: ['Whoever reads the log was too slow: so many lines before this one are missing.', ['count']],
  readiness_changed: ['`/readyz` says something else.', ['ready', 'reason']],
  models_observed: ['A worker has told which models there are.', ['model_count']],
  model_alias_retargeted: ['A model is not there, and another one takes its place.', ['alias', 'target', 'instead']],
  credentials_renewed: ['`auth.json` was changed: workers are replaced.', ['slot']],
  home_operator_config: ['An own `config.toml` was put aside.', ['moved_to', 'ignored']],
  home_catalog: ['The catalogue of models could not be had from the CLI.', ['reason', 'instead']],
  home_agents_md: ['An `AGENTS.md` in `CODEX_HOME`.', ['path', 'effect']],
  home_provider_undefined: ['`CODEX_FORCE_PROVIDER` names none that is known.', ['provider']],
  traces_unavailable: ['`PROXY_ENABLE_OTEL` is on, and they cannot be sent.', ['reason']],
  spans_lost: ['Spans of traces could not be sent.', ['spans', 'reason']],
  usage_log_unreadable: ['What was spent before is not known.', ['reason']],
} as const;

const unwritable = ['It cannot be written: what it would have got is dropped.', ['reason']] as const;
const writable = ['It can be again; so much is missing.', ['count']] as const;

/** What is written beside the log. */
const written = {
  usage_log_unwritable: unwritable,
  usage_log_writable: writable,
  access_log_unwritable: unwritable,
  access_log_writable: writable,
  sanitizer_log_unwritable: unwritable,
  sanitizer_log_writable: writable,
  wire_trace_unwritable: unwritable,
  wire_trace_writable: writable,
  app_server_capture_unwritable: unwritable,
  app_server_capture_writable: writable,
  thinking_capture_unwritable: unwritable,
  thinking_capture_writable: writable,
  chat_capture_unwritable: unwritable,
  chat_capture_writable: writable,
  chat_raw_capture_unwritable: unwritable,
  chat_raw_capture_writable: writable,
  responses_capture_unwritable: unwritable,
  responses_capture_writable: writable,
  responses_raw_capture_unwritable: unwritable,
  responses_raw_capture_writable: writable,
  captures_unwritable: unwritable,
  captures_writable: writable,
} as const;

const bugs = {
  bug: ['A programmer’s error: the process ends with 70.', ['cause']],
} as const;

const nodes = {
  node_spawned: ['With `PROXY_NODES`: the process of a node was started.', ['node', 'epoch', 'pid']],
  node_ready: ['It takes requests.', ['node', 'epoch', 'latency_ms']],
  node_leaving: ['It was told to end, alone: another one follows.', ['node', 'epoch']],
  node_exit: [
    'It has ended; a warning when nobody had asked it to.',
    ['node', 'epoch', 'exit_code', 'signal', 'reason'],
  ],
  node_restart_scheduled: ['It is started again after a pause.', ['node', 'restart_count', 'backoff_ms']],
  node_restart_limit: ['Too many restarts: none for now.', ['node', 'restart_count']],
  node_silent: ['No sign of life: it is killed.', ['node', 'epoch', 'reason']],
  node_orphaned: ['Its parent is gone: open answers fail, and it ends.', ['reason']],
  node_aside: [
    'No worker of it can be had for now: new connections go to the other nodes, as long as one is not aside.',
    [],
  ],
  node_back: ['One is ready again: it takes its share.', []],
  node_link_failed: ['What another process asked could not be answered.', ['kind', 'reason']],
  listen_migration_off: ['The system resets connections that wait for a node that stops.', ['remedy']],
} as const;

const workers = {
  worker_spawned: ['A process was started.', worker],
  worker_ready: ['It has shaken hands.', [...worker, 'version', 'latency_ms']],
  worker_exit: ['It has ended; a warning when nobody had asked it to.', [...worker, 'exit_code', 'signal', 'reason']],
  worker_restart_scheduled: [
    'It is started again after a pause.',
    ['slot', 'worker_state', 'restart_count', 'backoff_ms'],
  ],
  worker_restart_limit: ['Too many restarts: none for now.', ['slot', 'worker_state', 'restart_count']],
  worker_handshake_failed: ['It did not answer as it should.', [...worker, 'reason']],
  worker_silent: ['No sign of life: it is killed.', [...worker, 'reason']],
  worker_worn: ['It is replaced as soon as that costs nobody an answer.', [...worker, 'reason']],
  worker_version: ['The CLI is not of the version that was tested.', ['version', 'expected']],
  worker_models: ['It did not tell its models.', ['reason']],
  worker_warning: ['It warns of something. Told once for each text.', ['method', 'text']],
  worker_notification: ['It said something unknown. Told once for each.', ['method']],
  worker_noise: ['It says what it says at each start. Told once.', ['slot', 'epoch', 'text']],
  worker_stderr: [
    'A line of its stderr; at most twenty at once, and one a second.',
    ['slot', 'epoch', 'line', 'chars', 'suppressed'],
  ],
  proto_exited: ['The process of one answer has ended with an error.', [...owned, 'reason']],
  finish_reason_unknown: ['A word for the end of an answer that is in no table; taken for `stop`.', ['text']],
  login_offered: ['Nobody is signed in.', ['slot', 'epoch', 'remedy']],
  login_failed: ['A sign-in came to nothing.', ['slot', 'epoch', 'reason']],
} as const;

const http = {
  access_log: [
    'A request is over; one line for each, those with OPTIONS, too.',
    [
      ...(['req_id', 'response_id', 'trace_id', 'route', 'path', 'mode', 'model', 'effective_model'] as const),
      ...([
        'method',
        'status',
        'latency_ms',
        'dur_ms',
        'first_content_ms',
        'stream',
        'outcome',
        'error_code',
        'retryable',
      ] as const),
      ...(['ua', 'client_ip', 'auth', 'authorized', 'kind', 'tokens_prompt', 'tokens_response'] as const),
      ...copilot,
      ...(['copilot_trace_source', 'copilot_trace_header'] as const),
    ],
  ],
  cors_preflight: [
    'With `PROXY_LOG_CORS_ORIGIN`: a browser asks.',
    ['method', 'path', 'origin', 'acr_method', 'acr_headers', 'ua'],
  ],
  sse_guard_reject: ['Too many answers are being streamed.', [...answer, 'open_streams']],
} as const;

const sanitizer = {
  sanitizer_toggle: ['`PROXY_SANITIZE_METADATA` is on.', ['enabled']],
  sanitizer_summary: ['What it has left out of an answer.', [...owned, 'count', 'keys', 'sources']],
  sanitizer_log_elsewhere: ['`SANITIZER_LOG_PATH` is not in its folder.', ['variable', 'used']],
} as const;

type Row = readonly [about: string, fields: readonly LogField[]];
type Rows = Readonly<Record<string, Row>>;

const entries = <R extends Rows>(component: Component, rows: R, more: Pick<LogEventEntry, 'level'> = {}) =>
  Object.fromEntries(
    Object.entries(rows).map(([name, [about, fields]]) => [name, { component, about, fields, ...more }]),
  ) as { readonly [Name in keyof R]: LogEventEntry & { readonly fields: R[Name][1] } };

export const logEvents = {
  ...entries('process', process),
  ...entries('process', written),
  ...entries('process', bugs, { level: 'error' }),
  ...entries('process', nodes),
  ...entries('worker', workers),
  ...entries('http', http),
  ...entries('request', requests),
  ...entries('request', faults, { level: 'error' }),
  ...entries('request', details, { level: 'debug' }),
  ...entries('sanitizer', sanitizer),
};

export type LogEvent = keyof typeof logEvents;

export type LogFacts<Event extends LogEvent> = {
  readonly [Name in (typeof logEvents)[Event]['fields'][number]]?: FieldValue<Name>;
};
