/**
 * The requests about threads and turns. Invariant: a thread that is not subscribed and has no turn is unloaded, and
 * `thread/closed` is the last line about it.
 */
import type { ModelRequest } from '../provider/request.ts';
import type { Clock } from './clock.ts';
import { createGates } from './gates.ts';
import { harnessEcho, itemEcho, itemsComplaint } from './item.ts';
import { invalid, notification, turnView, userMessage } from './lines.ts';
import type { JsonObject, Refusal, RequestId } from './lines.ts';
import type { Outlet } from './outlet.ts';
import type { Random } from './random.ts';
import { openThread } from './opening.ts';
import type { Client, Handler, Reply } from './reply.ts';
import type { RequestRule } from './script.ts';
import type { Selection } from './selection.ts';
import { sentItems } from './sent.ts';
import { asString, uuidComplaint } from './serde.ts';
import { threadStarted, threadView } from './thread.ts';
import type { Thread } from './thread.ts';
import { startTurn } from './turn.ts';
import { createTurnLines } from './turn-lines.ts';

export interface ThreadOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly outlet: Outlet;
  readonly notify: (method: string, params: JsonObject) => void;
  readonly client: Client;
  readonly selection: Selection;
  readonly models: readonly JsonObject[];
  readonly addRule: (rule: RequestRule) => void;
  readonly reorder?: boolean;
  readonly unloadDelayMs?: number;
  readonly cwd?: string;
}

export interface Threads {
  readonly served: { readonly [method: string]: Handler };
  /** The client's answer to a request of ours. */
  reply(id: RequestId, message: JsonObject): void;
  release(key: string): void;
  otherThread(threadId: string): string | null;
  counts(): { readonly threads: number; readonly turns: number; readonly calls: number };
}

const inputCharsMax = 1_048_576;

export function createThreads(options: ThreadOptions): Threads {
  const { clock, random, outlet, notify, client, selection, cwd = '/codex-home/cwd' } = options;
  const threads = new Map<string, Thread>();
  const gates = createGates();
  let requestIds = 0;

  const optedOut = (method: string): boolean => client.optOut.has(method);
  const mint = (prefix: string): string => prefix + random.uuid(clock.now());
  const otherThread = (threadId: string): string | null => {
    for (const id of threads.keys()) if (id !== threadId) return id;
    return null;
  };
  const unloadWhenIdle = (thread: Thread): void => {
    if (thread.subscribed || thread.turn !== null) return;
    clock.schedule(options.unloadDelayMs ?? 0, () => {
      if (!threads.delete(thread.id)) return;
      notify('thread/status/changed', { threadId: thread.id, status: { type: 'notLoaded' } });
      if (!client.optOut.has('thread/closed'))
        outlet.line(notification('thread/closed', { threadId: thread.id }, clock.now()), 'closed');
    });
  };
  /** The thread, or null after a refusal. */
  const find = (params: JsonObject, reply: Reply): Thread | null => {
    const id = asString(params['threadId']);
    const complaint = uuidComplaint(id);
    const thread = threads.get(id) ?? null;
    if (complaint !== null) reply.refuse(invalid(`invalid thread id: ${complaint}`));
    else if (thread === null) reply.refuse(invalid(`thread not found: ${id}`));
    return thread;
  };
  const modelRequest = (thread: Thread, params: JsonObject): ModelRequest => ({
    model: thread.model,
    // A copy: the turn adds to the history while its sampling still reads what it was sent.
    input: sentItems(thread.input),
    tools: thread.tools,
    wantsSummary: !['', 'none'].includes(asString(params['summary'])),
    effort: asString(params['effort']),
    schema: params['outputSchema'] ?? undefined,
    threadKey: thread.id,
  });

  const threadStart: Handler = (params, reply) => {
    const opened = openThread({ ...options, cwd, id: random.uuid(clock.now()), nowMs: clock.now() }, params);
    if ('refusal' in opened) return reply.refuse(opened.refusal);
    const { thread, frame, warning } = opened;
    threads.set(thread.id, thread);
    reply.answer(threadStarted(thread, frame));
    notify('thread/started', { thread: threadView(thread, frame) });
    if (warning !== null) notify('warning', { threadId: thread.id, message: warning });
    if (thread.model.startsWith('test-')) rule(thread, {});
  };
  const rule = (thread: Thread, params: JsonObject): void => {
    const found = selection.ruleFor(modelRequest(thread, params));
    if (found !== null) options.addRule(found);
  };
  const inject: Handler = (params, reply) => {
    const thread = find(params, reply);
    if (thread === null) return;
    const items = params['items'] as readonly JsonObject[];
    const complaint = itemsComplaint(items);
    if (complaint !== null) return reply.refuse(invalid(complaint));
    thread.input.push(...items);
    reply.answer({});
    if (!thread.model.startsWith('test-')) rule(thread, {});
    echo(thread, items, `auto-compact-${thread.injections++}`);
  };
  const echo = (thread: Thread, items: readonly JsonObject[], turnId: string): void => {
    if (thread.turn !== null || !thread.raw || optedOut('rawResponseItem/completed')) return;
    for (const given of items) {
      const item = itemEcho(given, { turnId, nowMs: clock.now(), mint });
      const params = { threadId: thread.id, turnId, item };
      outlet.line(notification('rawResponseItem/completed', params, clock.now()), 'echo');
    }
  };
  const turnStart = (params: JsonObject, reply: Reply): void => {
    const thread = find(params, reply);
    if (thread === null) return;
    const input = (params['input'] as readonly JsonObject[]).map((piece) => asString(piece['text']));
    const actual = input.reduce((chars, text) => chars + text.length, 0);
    if (actual > inputCharsMax) {
      const data = { input_error_code: 'input_too_large', max_chars: inputCharsMax, actual_chars: actual };
      return reply.refuse({
        code: -32602,
        data,
        message: `Input exceeds the maximum length of ${inputCharsMax} characters.`,
      });
    }
    const running = thread.turn;
    if (running !== null && input.length === 0)
      return reply.refuse({ code: -32603, message: 'failed to submit turn input: EmptyInput' });
    const id = running?.id ?? random.uuid(clock.now());
    const result = { turn: turnView({ id, status: 'inProgress' }) };
    for (const text of input)
      thread.input.push({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
    if (running === null) begin(thread, id, params, reply, result);
    else reply.answer(result);
    const lines = createTurnLines({ clock, outlet, optedOut }, thread, id);
    const provenance = { type: 'user' };
    for (const text of input) {
      const startedAtMs = clock.now();
      const itemId = random.uuid(startedAtMs);
      lines.raw(harnessEcho('user', text, 'user.text', provenance, { turnId: id, nowMs: startedAtMs, mint }));
      lines.started(userMessage(itemId, text, { startedAtMs, completedAtMs: null }));
      lines.completed(userMessage(itemId, text, { startedAtMs, completedAtMs: startedAtMs }));
    }
  };
  const begin = (thread: Thread, id: string, params: JsonObject, reply: Reply, result: JsonObject): void => {
    if (!thread.model.startsWith('test-') && !options.models.some((model) => model['slug'] === thread.model)) {
      const message = `Model metadata for \`${thread.model}\` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.`;
      notify('warning', { threadId: thread.id, message });
    }
    const { sequence, script } = selection.choose(modelRequest(thread, params));
    const host = {
      clock,
      random,
      outlet,
      mint,
      otherThread,
      reorder: options.reorder ?? false,
      optedOut,
      requestId: () => requestIds++,
      // Not at once: a barrier may open while the script is still about to wait at it.
      barrier: (key: string, of: number | undefined, open: () => void) =>
        gates.wait(key, of, () => void clock.schedule(0, open)),
      answer: (refused: Refusal | undefined) => (refused === undefined ? reply.answer(result) : reply.refuse(refused)),
      resample: () => {
        const next = selection.choose(modelRequest(thread, params));
        return { sequence: next.sequence, steps: next.script.steps };
      },
      ended: () => {
        thread.turn = null;
        unloadWhenIdle(thread);
      },
    };
    if (script.answer !== 'scripted') reply.answer(result);
    // Echoes come anywhere before the first output of the turn, never behind it.
    clock.schedule(0, () => outlet.flush('echo'));
    thread.turn = startTurn(host, thread, id, sequence, script);
  };
  const interrupt = (params: JsonObject, reply: Reply): void => {
    const thread = find(params, reply);
    if (thread === null) return;
    const wanted = asString(params['turnId']);
    const { turn } = thread;
    // Without an id it means whatever may be active, and that may be nothing.
    if (turn === null) return wanted === '' ? reply.answer({}) : reply.refuse(invalid('no active turn to interrupt'));
    if (wanted !== '' && wanted !== turn.id)
      return reply.refuse(invalid(`expected active turn id ${wanted} but found ${turn.id}`));
    turn.interrupt(() => reply.answer({}));
  };
  const unsubscribe = (params: JsonObject, reply: Reply): void => {
    const id = asString(params['threadId']);
    const complaint = uuidComplaint(id);
    if (complaint !== null) return reply.refuse(invalid(`invalid thread id: ${complaint}`));
    const thread = threads.get(id);
    if (thread === undefined) return reply.answer({ status: 'notLoaded' });
    if (!thread.subscribed) return reply.answer({ status: 'notSubscribed' });
    thread.subscribed = false;
    reply.answer({ status: 'unsubscribed' });
    unloadWhenIdle(thread);
  };

  return {
    otherThread,
    release: gates.release,
    reply(id, message) {
      for (const thread of threads.values()) if (thread.turn?.answer(id, message) === true) return;
    },
    counts() {
      const turns = [...threads.values()].flatMap(({ turn }) => (turn === null ? [] : [turn]));
      return {
        threads: threads.size,
        turns: turns.length,
        calls: turns.reduce((sum, turn) => sum + turn.waiting(), 0),
      };
    },
    served: {
      'thread/start': threadStart,
      'thread/inject_items': inject,
      'thread/unsubscribe': unsubscribe,
      'turn/start': turnStart,
      'turn/interrupt': interrupt,
    },
  };
}
