/** A runtime whose responses are written by the test: what was opened, who reads, who left. */

import type { AccountLimits } from '../actors/account-limits.ts';
import { Archive } from '../actors/archive.ts';
import type { ResponseLog } from '../actors/log.ts';
import type { Elsewhere, Reached } from '../actors/elsewhere.ts';
import { Starts } from '../actors/starts.ts';
import type { Health, ResponseHandle, ResponseRequest, Service, SignIn } from '../actors/service.ts';
import type { Store } from '../actors/store.ts';
import type { JsonObject } from '../actors/turn.ts';
import type { ResponseId } from '../machines/ids.ts';
import { type Failure, failed } from '../machines/outcome.ts';
import { completed, emptyLog, end, say } from './log-examples.ts';

export class FakeResponse implements ResponseHandle {
  #request: ResponseRequest | null;
  readonly log: ResponseLog;
  readers = 0;
  readonly #left = Promise.withResolvers<void>();

  constructor(request: ResponseRequest, id: string) {
    this.#request = request;
    this.log = emptyLog(id);
  }

  get id() {
    return this.log.head.id;
  }

  get request(): ResponseRequest {
    if (this.#request === null) throw new Error('the request was forgotten');
    return this.#request;
  }

  /** From now on nobody here holds the request. */
  forget(): void {
    this.#request = null;
  }

  /** Resolves when the last reader has left. */
  get left(): Promise<void> {
    return this.#left.promise;
  }

  read(follower: () => void): () => void {
    const unfollow = this.log.follow(follower);
    let reading = true;
    this.readers += 1;
    return () => {
      if (!reading) return;
      reading = false;
      unfollow();
      this.readers -= 1;
      if (this.readers === 0) this.#left.resolve();
    };
  }

  /** One batch of entries. */
  write(batch: (log: ResponseLog) => void): void {
    batch(this.log);
    this.log.flush();
  }

  /** A complete answer of one message. */
  answer(...deltas: string[]): void {
    this.write((log) => {
      if (log.length === 0) log.begin();
      say(log, 'msg_1', deltas);
      end(log, completed, null);
    });
  }

  fail(failure: Failure): void {
    this.write((log) => end(log, { type: 'failed', failure }, null));
  }
}

export const readyHealth: Health = {
  ready: true,
  readiness: 'handshake_complete',
  live: true,
  liveness: 'worker_running',
  since: 1_790_000_000_000,
  queued: 0,
  workers: [
    { slot: 0, state: 'ready', activeTurns: 2, restartsTotal: 1, consecutiveFailures: 0 },
    { slot: 1, state: 'resting', activeTurns: 0, restartsTotal: 3, consecutiveFailures: 2 },
  ],
  lastExit: { at: 1_790_000_001_000, code: 1, signal: null, reason: 'exit code 1' },
  restartDelayMs: 500,
  lastReadyAt: 1_790_000_002_000,
  startupLatencyMs: 120,
  deadLetters: 0,
  login: 'signed_in',
};

export class FakeService implements Service {
  readonly opened: FakeResponse[] = [];
  readonly starts = new Starts();
  state: SignIn = { state: 'signedIn' };
  status: Health = readyHealth;
  accountLimits: AccountLimits | null = null;
  draining = false;
  /** Written by the test. */
  store: Store | null = null;
  elsewhere: Elsewhere | null = null;
  readonly #waiting: ((response: FakeResponse) => void)[] = [];

  open(request: ResponseRequest, named?: (id: ResponseId) => void): FakeResponse {
    const response = new FakeResponse(request, `resp_fake${this.opened.length}`);
    named?.(response.id);
    if (this.draining) end(response.log, failed('server_shutting_down'), null);
    this.opened.push(response);
    // The test comes after the reader that is about to register.
    queueMicrotask(() => this.#waiting.shift()?.(response));
    return response;
  }

  archive(owner: string): Archive | null {
    return this.store === null ? null : new Archive(owner, this.store, () => null, this.elsewhere);
  }

  claimElsewhere(name: ResponseId): Promise<Reached<boolean>> {
    return this.elsewhere?.claim(name) ?? Promise.resolve(true);
  }

  /** The next response that is opened. */
  next(): Promise<FakeResponse> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  signIn(): Promise<SignIn> {
    return Promise.resolve(this.state);
  }

  health(): Health {
    return this.status;
  }

  models(): readonly JsonObject[] {
    return [{ id: 'gpt-6.1-sol' }];
  }

  limits(): AccountLimits | null {
    return this.accountLimits;
  }

  drain(): Promise<void> {
    this.draining = true;
    return Promise.resolve();
  }
}
