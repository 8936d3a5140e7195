/** A running front end before a fake runtime, for the tests of `http/`. */

import type { Journal, PictureSource } from '../actors/seams.ts';
import type { Diagnostics } from '../actors/diagnostics.ts';
import { type LogEvent, logEvents, type LogFacts } from '../actors/log-events.ts';
import { plainOutput } from '../actors/terms.ts';
import { ToolBufferCounts } from '../actors/tool-buffer.ts';
import type { JsonObject } from '../actors/turn.ts';
import type { ModelDirectory, ModelEntry } from '../http/admission.ts';
import type { Accounted } from '../http/accounted.ts';
import type { Endpoint } from '../http/endpoint.ts';
import type { HttpHappenings } from '../http/happenings.ts';
import type { FrontSettings } from '../http/front.ts';
import type { TestHooks } from '../http/side-routes.ts';
import type { OutputPolicy } from '../http/output-mode.ts';
import type { Server, ServerOptions } from '../http/server.ts';
import type { UsageDesk } from '../http/usage-route.ts';
import type { Uws } from '../http/uws-types.ts';
import type { ResponseId } from '../machines/ids.ts';
import { FakeService } from './fake-service.ts';
import { VirtualClock } from './virtual-clock.ts';

export const testKey = 'test-key';
export const withKey = { authorization: `Bearer ${testKey}` };

export const testOutput: OutputPolicy = {
  ...plainOutput,
  chat: 'auto',
  responses: 'openai-json',
  detectCopilot: false,
  stripAnsi: true,
};

export const testSettings: FrontSettings = {
  apiKeys: [testKey],
  protectModels: false,
  allowedHosts: [],
  cors: { enabled: true, origins: ['*'], defaultKey: false },
  logCorsOrigin: false,
  trustProxy: 'loopback',
  responsesEnabled: true,
  metrics: { enabled: false, open: false, local: true, token: undefined },
  tests: { enabled: false, remote: false },
  tracing: false,
  maintenance: false,
  rateLimit: null,
  streamsMax: 0,
  login: { offered: true, remote: false },
  params: 'lenient',
  defaultStream: false,
  choicesMax: 5,
  enforceMaxTokens: true,
  parallelToolCalls: true,
  responsesDefaultMaxTokens: 0,
  promptTokensMax: 0,
  ignoreClientSystemPrompt: true,
  ingressGuardrail: true,
  titles: null,
  usageQueries: true,
  usageAllowUnauth: false,
  outputPolicy: testOutput,
  remoteImages: 'fetch',
  sandboxMode: 'read-only',
  backendMode: 'app-server',
  connectionsMax: 10_000,
  bodyBytesMax: 1_000_000,
  keepaliveMs: 15_000,
  sinkBufferBytes: Number.POSITIVE_INFINITY,
  sinkLagMs: Number.POSITIVE_INFINITY,
  coalesceMs: 10,
  overload: null,
  silenceMs: 60_000,
  blankMs: 15_000,
};

export const noHooks: TestHooks = {
  release: () => Promise.resolve('there is nothing to release'),
  toolBuffer: new ToolBufferCounts(() => 0),
};

/** Without a network. */
export const noPictures: PictureSource = { get: () => Promise.resolve('unreachable') };

const entries: readonly ModelEntry[] = ['codex-5', 'gpt-5.4'].map((id) => ({
  id,
  target: id,
  efforts: [],
  effort: null,
  tiers: [],
}));

export const testModels: ModelDirectory = {
  list: () => entries,
  find: (id) => entries.find((entry) => entry.id === id.trim().toLowerCase()) ?? null,
  spelled: (id) => entries.find((entry) => entry.id === id.trim().toLowerCase())?.id ?? null,
};

const usual: ReadonlySet<LogEvent> = new Set([
  'responses_ingress_raw',
  'responses_ingress_normalized',
  'responses_tools_projection',
  'sse_guard_acquire',
  'sse_guard_release',
]);

export class TestJournal implements Journal {
  readonly lines: { readonly event: LogEvent; readonly facts: JsonObject }[] = [];

  info<Event extends LogEvent>(event: Event, facts?: LogFacts<Event>): void {
    const strange = Object.keys(facts ?? {}).filter(
      (name) => !(logEvents[event].fields as readonly string[]).includes(name),
    );
    if (strange.length > 0) throw new Error(`${event} has no ${strange.join(', ')} in actors/log-events.ts`);
    this.lines.push({ event, facts: (facts ?? {}) as JsonObject });
  }

  warn<Event extends LogEvent>(event: Event, facts?: LogFacts<Event>): void {
    this.info(event, facts);
  }

  /** Without what is told of every request. */
  get events(): readonly LogEvent[] {
    return this.lines.map(({ event }) => event).filter((event) => !usual.has(event));
  }
}

/** Nothing was ever spent. */
export const noUsage: UsageDesk = {
  book: {
    ask: () => ({
      sum: {
        requests: 0,
        promptEst: 0,
        completionEst: 0,
        prompt: 0,
        completion: 0,
        promptBest: 0,
        completionBest: 0,
      },
      buckets: [],
    }),
    latest: () => [],
  },
  toolBuffer: () => ({}),
};

export interface FrontParts {
  readonly createServer: (options: ServerOptions) => Server;
  readonly uws: Uws;
  readonly responses: Endpoint;
  readonly chat: Endpoint;
  readonly usage?: UsageDesk;
  readonly calendar?: () => number;
  readonly diagnostics?: Diagnostics<HttpHappenings>;
  readonly metrics?: ServerOptions['metrics'];
  /** In place of a `TestJournal`. */
  readonly journal?: Journal;
}

export interface RunningFront {
  readonly port: number;
  readonly server: Server;
  readonly service: FakeService;
  readonly clock: VirtualClock;
  readonly journal: TestJournal;
  /** Of every request that is over. */
  readonly records: readonly Accounted[];
}

const running = new Set<RunningFront>();

/** For `afterEach`: closes every front that a test has started, at once. */
export async function closeFronts(): Promise<void> {
  for (const front of [...running]) {
    running.delete(front);
    const closed = front.server.close(1);
    front.clock.advance(1);
    await closed;
  }
}

export async function startFront(
  { createServer, ...parts }: FrontParts,
  settings: Partial<FrontSettings> = {},
  host = '127.0.0.1',
  pictures: PictureSource = noPictures,
): Promise<RunningFront> {
  const service = new FakeService();
  const clock = new VirtualClock();
  const journal = new TestJournal();
  const records: Accounted[] = [];
  let count = 0;
  const ids = {
    response: () => `resp_here${(count += 1)}` as ResponseId,
    request: () => `req_${String((count += 1)).padStart(20, '0')}`,
    jitter: () => 0,
  };
  const server = createServer({
    usage: noUsage,
    metrics: { page: () => Promise.resolve('') },
    ...parts,
    service,
    clock,
    calendar: parts.calendar ?? (() => clock.now()),
    ids,
    journal: parts.journal ?? journal,
    diagnostics: {
      watched: () => true,
      publish: (name, happening) => {
        if (name === 'answer.accounted') records.push(happening as Accounted);
        parts.diagnostics?.publish(name, happening);
      },
    },
    models: testModels,
    anomalies: () => ({ 'response.late': 2 }),
    pictures,
    hooks: noHooks,
    settings: { ...testSettings, ...settings },
    exclusivePort: true,
  });
  const { port } = await server.listen(host, 0);
  const front = { port, server, service, clock, journal, records };
  running.add(front);
  return front;
}
