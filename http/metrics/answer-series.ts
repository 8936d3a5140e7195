/** Answers of the two endpoints: how fast they began, how they ended, what they were made of (P-191, P-192). */

import type { Watch } from '../../actors/diagnostics.ts';
import type { Accounted, AccountOutcome } from '../accounted.ts';
import { eventNames } from '../event-census.ts';
import type { HttpHappenings } from '../happenings.ts';
import type { Book } from './book.ts';
import { modelLabels } from './labels.ts';

const outcomes = ['ok', 'error', 'timeout', 'aborted', 'tool_cutoff', 'truncated', 'too_slow', 'shutdown'] as const;
const streamBoundsMs = [100, 250, 500, 1000, 2000, 5000, 15_000, 60_000, 180_000];
const firstTokenBounds = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];
const tokenKinds = 4;

/** Of a request with a good key that was answered with an error before it had a worker. */
const rejections = {
  rate_limited: 'rate_limited',
  concurrency_exceeded: 'concurrency_exceeded',
  worker_busy: 'worker_busy',
  gateway_overloaded: 'gateway_overloaded',
  worker_not_ready: 'worker_not_ready',
  worker_incompatible: 'worker_incompatible',
  proto_unsupported: 'worker_incompatible',
  server_shutting_down: 'server_shutting_down',
  // The key was good: it is the gateway that is not signed in.
  invalid_api_key: 'signed_out',
} as const;
/** Null: it was not refused so. */
const rejectionOf = ({ status, errorCode: code, choices }: Accounted): string | null => {
  if (status < 400 || code === null || !Object.hasOwn(rejections, code)) return null;
  // A worker that had it found the key of the provider refused.
  return code === 'invalid_api_key' && choices > 0 ? null : rejections[code as keyof typeof rejections];
};

/** The client has seen its head, or has left before that: else it was an error of HTTP. */
const isStream = ({ streaming, choices, status }: Accounted): boolean =>
  streaming && choices > 0 && (status === 200 || status === 499);

export function answerSeries(
  book: Book,
  watch: Watch<HttpHappenings>,
  names: (accepted: string | null, requested: string | null) => string,
): void {
  const labelNames = ['route', 'model'] as const;
  const sets = 2 * modelLabels;
  const ended = {
    labelNames: [...labelNames, 'outcome'] as const,
    sets: sets * (outcomes satisfies readonly AccountOutcome[]).length,
  };
  const firstContent = book.histogram(
    {
      name: 'codex_stream_ttfb_ms',
      help: 'Milliseconds from a request to the first content of its stream.',
      labelNames,
      sets,
    },
    streamBoundsMs,
  );
  const duration = book.histogram(
    { name: 'codex_stream_duration_ms', help: 'Milliseconds from a request to the end of its stream.', ...ended },
    streamBoundsMs,
  );
  const ends = book.counter({ name: 'codex_stream_end_total', help: 'Streams that have ended, by how.', ...ended });
  const firstToken = book.histogram(
    {
      name: 'codex_time_to_first_token_seconds',
      help: 'From a request to the first content of its answer, streamed or not.',
      labelNames,
      sets,
    },
    firstTokenBounds,
  );
  const events = book.counter({
    name: 'codex_responses_sse_event_total',
    help: 'Events of streams of responses; of those that a reader lags behind, several deltas may reach it as one.',
    labelNames: [...labelNames, 'event'],
    sets: modelLabels * eventNames.length,
  });
  const tokens = book.counter({
    name: 'codex_tokens_total',
    help: 'Tokens as the provider has counted them; cached_input and reasoning_output are parts of the other two.',
    labelNames: [...labelNames, 'kind'],
    sets: sets * tokenKinds,
  });
  const reasons = [...new Set(Object.values(rejections))];
  const rejected = book.counter({
    name: 'codex_admission_rejected_total',
    help: 'Requests with a good key that were answered with an error before they had a worker.',
    labelNames: ['reason'],
    sets: reasons.length,
  });
  for (const reason of reasons) rejected.inc({ reason }, 0);

  watch('answer.accounted', (record) => {
    const { route, outcome, firstContentMs, durationMs, usage } = record;
    const model = names(record.model, record.requestedModel);
    if (isStream(record)) {
      const ended = { route, model, outcome };
      ends.inc(ended);
      duration.observe(ended, durationMs);
      if (firstContentMs !== null) firstContent.observe({ route, model }, firstContentMs);
    }
    // What the gateway answers itself would flatter the models.
    if (firstContentMs !== null && record.mode !== 'usage_query') {
      firstToken.observe({ route, model }, firstContentMs / 1000);
    }
    if (usage !== null) {
      tokens.inc({ route, model, kind: 'input' }, usage.inputTokens);
      tokens.inc({ route, model, kind: 'cached_input' }, usage.cachedInputTokens);
      tokens.inc({ route, model, kind: 'output' }, usage.outputTokens);
      tokens.inc({ route, model, kind: 'reasoning_output' }, usage.reasoningOutputTokens);
    }
    const reason = rejectionOf(record);
    if (reason !== null) rejected.inc({ reason });
  });
  // Of these there is no account: they must not cost anything.
  watch('request.over', ({ errorCode }) => {
    if (errorCode === rejections.gateway_overloaded) rejected.inc({ reason: errorCode });
  });
  watch('events.written', ({ route, model: accepted, requestedModel, counts }) => {
    const model = names(accepted, requestedModel);
    for (const [event, count] of counts) events.inc({ route, model, event }, count);
  });
}
