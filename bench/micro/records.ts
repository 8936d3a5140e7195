/**
 * Those who watch the gateway while it answers, as the composition root has them, into memory: the lines of its log, its book of usage,
 * its metrics, and what it keeps. A response is not over before all of them are done with it, so they belong to its cost.
 */

import type { Diagnostics, Watch } from '../../actors/diagnostics.ts';
import type { Clock, Journal } from '../../actors/seams.ts';
import type { Store } from '../../actors/store.ts';
import { ToolBufferCounts } from '../../actors/tool-buffer.ts';
import { EventLog } from '../../http/event-log.ts';
import type { HttpHappenings } from '../../http/happenings.ts';
import { createMetrics, type Metrics } from '../../http/metrics.ts';
import { RequestLog } from '../../http/request-log.ts';
import { keptUsage } from '../../http/usage-kept.ts';
import type { UsageDesk } from '../../http/usage-route.ts';
import { createDiagnostics } from '../../transport/diagnostics.ts';
import { createJournal } from '../../transport/journal.ts';
import { LogOutput } from '../../transport/log-output.ts';
import { MemoryStore } from '../../transport/memory-store.ts';
import { createRedactor } from '../../transport/redact.ts';
import { testKey, testModels } from '../../testkit/front-end.ts';

/** So few that it is full before anything is counted. */
const responsesKept = 64;
const bytesKept = 100_000_000;
const dayMs = 86_400_000;

export interface Records {
  readonly diagnostics: Diagnostics<HttpHappenings>;
  readonly journal: Journal;
  readonly store: Store;
  readonly usage: UsageDesk;
  readonly metrics: Metrics;
  readonly toolBuffer: ToolBufferCounts;
  /** Throws when one of them has. */
  readonly check: () => void;
  /** Of the log. */
  readonly lines: () => number;
  /** Nobody watches any more: whoever comes next in this process has watchers of its own. */
  readonly stop: () => void;
}

export const openRecords = (clock: Clock): Records => {
  let lines = 0;
  const outlet = {
    put: (_: string, count: number) => {
      lines += count;
      return count;
    },
    settled: () => Promise.resolve(),
  };
  const output = new LogOutput(outlet, { lost: () => '', dropped: () => {} }, setImmediate);
  const redactor = createRedactor({ secrets: [testKey] });
  const now = (): number => clock.now();
  const log = new EventLog({
    write: (line, urgent) => output.write(line, 1, urgent),
    redact: redactor.object,
    now,
    level: 'info',
    maintenance: false,
  });
  let fault: Error | null = null;
  const channels = createDiagnostics<HttpHappenings>((happening, error) => {
    fault ??= new Error(`the watcher of ${happening} failed`, { cause: error });
  });
  const watching: (() => void)[] = [];
  const watch: Watch<HttpHappenings> = (name, heard) => {
    const end = channels.watch(name, heard);
    watching.push(end);
    return end;
  };
  new RequestLog({ log, watch, accessed: null });
  const toolBuffer = new ToolBufferCounts(now);
  const file = { append: () => {}, read: () => Promise.resolve() };
  return {
    diagnostics: channels,
    journal: createJournal(channels),
    store: new MemoryStore({ responsesMax: responsesKept, bytesMax: bytesKept, ttlMs: dayMs }, clock),
    usage: keptUsage(file, watch, redactor.text, toolBuffer),
    metrics: createMetrics({
      watch,
      spelled: testModels.spelled,
      capacity: { turnsMax: 10_000, queueMax: 10_000, streamsMax: 0 },
      now,
      ofProcess: false,
    }),
    toolBuffer,
    lines: () => lines,
    check: () => {
      if (fault !== null) throw fault;
    },
    stop: () => {
      for (const end of watching.splice(0)) end();
    },
  };
};
