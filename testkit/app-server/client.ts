/**
 * A client for tests of the fake: sends requests, collects lines, runs the clock until nothing is left to do.
 * Invariant: it never waits; a missing answer is `undefined`, a missing line an empty list.
 */
import { createManualClock } from './clock.ts';
import type { ManualClock } from './clock.ts';
import { createAppServer } from './core.ts';
import type { AppServer, AppServerOptions } from './core.ts';
import { asObject, asString } from './serde.ts';
import type { Json, JsonObject } from './lines.ts';

export interface TestClient {
  readonly server: AppServer;
  readonly clock: ManualClock;
  readonly lines: string[];
  readonly exits: (readonly [number | null, string | null])[];
  /** The id of the request; nothing runs before the clock moves. */
  send(method: string, params?: Json): number;
  /** Sends, settles, and returns the whole answer. */
  ask(method: string, params?: Json): JsonObject | undefined;
  answerTo(id: number): JsonObject | undefined;
  initialize(optOut?: readonly string[], experimentalApi?: boolean): void;
  /** Thread started and user text injected; the id of the thread. */
  thread(text: string, more?: JsonObject): string;
  /** A turn on a thread of its own, played to its end; the lines about it. */
  play(text: string, more?: JsonObject): readonly JsonObject[];
  about(threadId: string): readonly JsonObject[];
}

const parse = (line: string): JsonObject => {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return {};
  }
};

export function createTestClient(options: Partial<AppServerOptions> = {}): TestClient {
  const clock = createManualClock();
  const lines: string[] = [];
  const exits: (readonly [number | null, string | null])[] = [];
  const server = createAppServer({
    clock,
    sink: {
      emit: (line) => void lines.push(line),
      bytes: (bytes) => void lines.push(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1')),
      exit: (code, signal) => void exits.push([code, signal]),
      closeStdout: () => void lines.push('closed'),
    },
    ...options,
  });
  let ids = 0;
  const send = (method: string, params?: Json): number => {
    ids += 1;
    server.receive(JSON.stringify({ method, id: ids, params }));
    return ids;
  };
  const answerTo = (id: number): JsonObject | undefined =>
    lines.map(parse).find((message) => message['id'] === id && message['method'] === undefined);
  const ask = (method: string, params?: Json): JsonObject | undefined => {
    const id = send(method, params);
    clock.advance(5);
    return answerTo(id);
  };
  const about = (threadId: string): readonly JsonObject[] =>
    lines.map(parse).filter((message) => asObject(message['params'])['threadId'] === threadId);
  const thread = (text: string, more: JsonObject = {}): string => {
    const started = ask('thread/start', {
      model: 'gpt-6.1-sol',
      ephemeral: true,
      baseInstructions: '',
      environments: [],
      experimentalRawEvents: true,
      ...more,
    });
    const threadId = asString(asObject(asObject(started?.['result'])['thread'])['id']);
    const content = [{ type: 'input_text', text }];
    ask('thread/inject_items', { threadId, items: [{ type: 'message', role: 'user', content }] });
    return threadId;
  };

  return {
    server,
    clock,
    lines,
    exits,
    send,
    ask,
    answerTo,
    about,
    thread,
    initialize(optOut = ['thread/status/changed', 'turn/started', 'thread/started'], experimentalApi = true) {
      const capabilities = { experimentalApi, requestAttestation: false, optOutNotificationMethods: optOut };
      ask('initialize', { clientInfo: { name: 'test', title: null, version: '1' }, capabilities });
    },
    play(text, more = {}) {
      const threadId = thread(text, more);
      send('turn/start', { threadId, input: [] });
      clock.drain();
      send('thread/unsubscribe', { threadId });
      clock.drain();
      return about(threadId);
    },
  };
}
