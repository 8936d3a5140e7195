/** What the runtime tells of leases, processes, letters and the pace of answers. */

import { exitReasons, letterKinds, recorders, type Watch } from '../../actors/diagnostics.ts';
import { gapBoundsMs } from '../../actors/gaps.ts';
import type { Outcome } from '../../machines/outcome.ts';
import { failureCatalogue } from '../catalogue.ts';
import type { HttpHappenings } from '../happenings.ts';
import type { Book } from './book.ts';
import { FixedHistogram } from './fixed-histogram.ts';

const waitBounds = [0.005, 0.05, 0.25, 1, 2.5, 5, 10, 30];
const outcomes: readonly Outcome['type'][] = ['completed', 'incomplete', 'cancelled', 'failed'];
const failureCodes = Object.keys(failureCatalogue);

export function runtimeSeries(book: Book, watch: Watch<HttpHappenings>): void {
  /** All are there from the start, so that the first occurrence is an increase. */
  const counter = <Label extends string>(name: string, help: string, label: Label, values: readonly string[]) => {
    const made = book.counter({ name, help, labelNames: [label], sets: values.length });
    const inc = (value: string, count = 1): void => made.inc({ [label]: value } as Record<Label, string>, count);
    for (const value of values) inc(value, 0);
    return inc;
  };
  const exits = counter(
    'codex_worker_exits_total',
    'Processes of workers that have ended, by why: the reason of the restart that follows.',
    'reason',
    exitReasons,
  );
  const dead = counter(
    'codex_dead_letters_total',
    'Messages within the gateway that found nobody.',
    'kind',
    letterKinds,
  );
  const dropped = counter(
    'codex_telemetry_dropped_total',
    'Records that were lost because nobody could take them: a full disk, a collector that is away.',
    'recorder',
    recorders,
  );
  const ended = counter('codex_responses_ended_total', 'Responses that have ended, by how.', 'outcome', outcomes);
  const failed = counter('codex_response_failures_total', 'Responses that have failed, by why.', 'code', failureCodes);
  const waited = book.histogram(
    { name: 'codex_lease_wait_seconds', help: 'Until a response had the use of a worker.' },
    waitBounds,
  );
  const name = 'codex_inter_token_gap_seconds';
  const gaps = new FixedHistogram(
    name,
    gapBoundsMs.map((bound) => bound / 1000),
  );
  book.keep(
    { name, help: 'Between the pieces in which answers come from workers; told when an answer has ended.' },
    gaps,
  );

  let refusing = false;
  book.keep(
    {
      name: 'codex_overloaded',
      help: 'Whether the gateway refuses new answers because it is overloaded.',
      across: 'max',
    },
    { type: 'gauge', lines: 1, samples: () => [{ labels: {}, value: Number(refusing) }] },
  );
  watch('overload.changed', (told) => {
    refusing = told.refusing;
  });
  watch('worker.exited', ({ reason }) => exits(reason));
  watch('letter.dead', ({ to }) => dead(to));
  watch('records.dropped', ({ recorder, count }) => dropped(recorder, count));
  watch('lease.granted', ({ waitedMs }) => waited.observe({}, waitedMs / 1000));
  watch('response.ended', ({ outcome, gaps: found }) => {
    ended(outcome.type);
    if (outcome.type === 'failed') failed(outcome.failure.code);
    if (found !== null) gaps.add(found.counts, found.sumMs / 1000);
  });
}
