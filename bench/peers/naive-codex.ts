/**
 * What a user would write to drive `codex app-server`: spawn it, read it line by line, parse each line, wake whoever waits
 * for it. Invariant: correct, many turns at once, and nothing about it is slow on purpose: it is what we are compared with.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';

export interface TurnUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningOutputTokens: number;
  readonly totalTokens: number;
}

export interface TurnEnd {
  /** Null: it has completed. */
  readonly error: string | null;
  readonly usage: TurnUsage | null;
}

/** Of the protocol, what such a program reads. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
  readonly params?: {
    readonly threadId?: string;
    readonly delta?: string;
    readonly tokenUsage?: { readonly last: TurnUsage };
    readonly turn?: { readonly status: string; readonly error: { readonly message: string } | null };
  };
}

interface Listener {
  onDelta(text: string): void;
  onEnd(end: TurnEnd): void;
  usage: TurnUsage | null;
}

interface Pending {
  resolve(result: Readonly<Record<string, unknown>>): void;
  reject(error: Error): void;
}

export interface RunningTurn {
  readonly ended: Promise<TurnEnd>;
  /** Nobody listens any more. */
  interrupt(): void;
}

class NaiveWorker {
  turns = 0;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, Listener>();
  #nextId = 1;

  constructor(binary: string) {
    const args = ['app-server', '--strict-config'];
    const [command, all] = /\.[mc]?[jt]s$/.test(binary) ? [process.execPath, [binary, ...args]] : [binary, args];
    this.#child = spawn(command, all, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#child.stdout === null) throw new Error('the worker has no stdout');
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line));
    this.#child.once('exit', () => this.#lost());
  }

  async initialize(): Promise<void> {
    const clientInfo = { name: 'bench-peer', title: 'Bench peer', version: '1.0.0' };
    const optOutNotificationMethods = [
      'thread/started',
      'thread/status/changed',
      'turn/started',
      'account/rateLimits/updated',
    ];
    await this.request('initialize', {
      clientInfo,
      capabilities: { experimentalApi: true, optOutNotificationMethods },
    });
    this.#send({ method: 'initialized' });
  }

  request(method: string, params: unknown): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      this.#send({ id, method, params });
    });
  }

  async thread(model: string): Promise<string> {
    const started = await this.request('thread/start', {
      model,
      ephemeral: true,
      baseInstructions: '',
      approvalPolicy: 'never',
      sandbox: 'read-only',
    });
    return (started['thread'] as { id: string }).id;
  }

  leave(threadId: string): void {
    this.request('thread/unsubscribe', { threadId }).catch(() => {});
  }

  /** A thread, a turn on it, its deltas; the thread is let go at the end. */
  async turn(model: string, text: string, onDelta: (text: string) => void): Promise<RunningTurn> {
    this.turns += 1;
    try {
      const threadId = await this.thread(model);
      return await this.turnOn(threadId, text, onDelta, () => {
        this.turns -= 1;
        this.leave(threadId);
      });
    } catch (error) {
      this.turns -= 1;
      throw error;
    }
  }

  async turnOn(
    threadId: string,
    text: string,
    onDelta: (text: string) => void,
    over: () => void,
  ): Promise<RunningTurn> {
    const { promise: ended, resolve } = Promise.withResolvers<TurnEnd>();
    const onEnd = (end: TurnEnd): void => {
      this.#listeners.delete(threadId);
      over();
      resolve(end);
    };
    this.#listeners.set(threadId, { onDelta, onEnd, usage: null });
    const { turn } = await this.request('turn/start', { threadId, input: [{ type: 'text', text }] });
    const interrupt = (): void => {
      if (!this.#listeners.has(threadId)) return;
      this.request('turn/interrupt', { threadId, turnId: (turn as { id: string }).id }).catch(() => {});
      onEnd({ error: 'interrupted', usage: null });
    };
    return { ended, interrupt };
  }

  stop(): void {
    this.#child.kill('SIGTERM');
  }

  #send(message: unknown): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  #hear(line: string): void {
    const message = JSON.parse(line) as Message;
    if (message.method === undefined) {
      const pending = this.#pending.get(message.id ?? 0);
      this.#pending.delete(message.id ?? 0);
      if (message.error === undefined) pending?.resolve(message.result ?? {});
      else pending?.reject(new Error(message.error.message));
      return;
    }
    const listener = this.#listeners.get(message.params?.threadId ?? '');
    if (listener === undefined) return;
    if (message.method === 'item/agentMessage/delta') listener.onDelta(message.params?.delta ?? '');
    else if (message.method === 'thread/tokenUsage/updated') listener.usage = message.params?.tokenUsage?.last ?? null;
    else if (message.method === 'turn/completed') {
      const turn = message.params?.turn;
      listener.onEnd({
        error: turn?.status === 'completed' ? null : (turn?.error?.message ?? turn?.status ?? 'failed'),
        usage: listener.usage,
      });
    }
  }

  #lost(): void {
    for (const { reject } of this.#pending.values()) reject(new Error('the worker is gone'));
    for (const { onEnd } of [...this.#listeners.values()]) onEnd({ error: 'the worker is gone', usage: null });
    this.#pending.clear();
  }
}

export class NaiveCodex {
  readonly models: readonly string[];
  readonly #workers: readonly NaiveWorker[];

  private constructor(workers: readonly NaiveWorker[], models: readonly string[]) {
    this.#workers = workers;
    this.models = models;
  }

  static async start(binary: string, count: number): Promise<NaiveCodex> {
    const workers = Array.from({ length: count }, () => new NaiveWorker(binary));
    await Promise.all(workers.map((worker) => worker.initialize()));
    const listed = await workers[0]?.request('model/list', { limit: 100 });
    return new NaiveCodex(
      workers,
      ((listed?.['data'] ?? []) as readonly { id: string }[]).map(({ id }) => id),
    );
  }

  /** On the worker with the fewest turns; a model that nobody knows is the default one. */
  turn(model: string, text: string, onDelta: (text: string) => void): Promise<RunningTurn> {
    const [first, ...others] = this.#workers;
    if (first === undefined) throw new Error('no workers');
    const worker = others.reduce((least, one) => (one.turns < least.turns ? one : least), first);
    return worker.turn(this.models.includes(model) ? model : (this.models[0] ?? model), text, onDelta);
  }

  /** Turn after turn on one thread. */
  async converse(model: string, texts: readonly string[]): Promise<void> {
    const [worker] = this.#workers;
    if (worker === undefined) throw new Error('no workers');
    const threadId = await worker.thread(model);
    for (const text of texts) {
      const turn = await worker.turnOn(
        threadId,
        text,
        () => {},
        () => {},
      );
      const { error } = await turn.ended;
      if (error !== null) throw new Error(error);
    }
    worker.leave(threadId);
  }

  stop(): void {
    for (const worker of this.#workers) worker.stop();
  }
}

export const newId = (prefix: string): string => `${prefix}_${randomUUID().replaceAll('-', '')}`;
