/**
 * Whose account the worker uses: reading it, signing in by device code, and how much of its limits is used up. Invariant:
 * what could not be found out is told as unknown, never as signed out.
 */

import type { Clock, WorkerFact } from '../actors/seams.ts';
import { describeFailure } from './handshake.ts';
import { isObject, member, type Members } from './json.ts';
import type { TransportLimits } from './limits.ts';
import type { RpcPeer } from './rpc.ts';

export interface AccountOptions {
  readonly rpc: RpcPeer;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly tell: (fact: WorkerFact) => void;
}

interface Window {
  readonly usedPercent: number;
  readonly resetsAtMs: number;
}

const signedInOf = (result: unknown): boolean | null => {
  if (!isObject(result) || !('account' in result)) return null;
  return isObject(result['account']) || result['requiresOpenaiAuth'] !== true;
};

export class Account {
  readonly #options: AccountOptions;
  /** The last known windows of the account's limits; an update that leaves one out changes nothing about it. */
  readonly #windows = new Map<string, Window>();

  constructor(options: AccountOptions) {
    this.#options = options;
  }

  read(): void {
    this.#ask({}, this.#options.limits.stepMs, (signedIn) => this.#observe(signedIn));
  }

  /** Reads it when its tokens have been renewed. `done` is called in any case, before half of `withinMs` is over. */
  refresh(withinMs: number, done: () => void): void {
    const deadlineMs = Math.min(this.#options.limits.stepMs, withinMs / 2);
    this.#ask({ refreshToken: true }, deadlineMs, (signedIn) => {
      this.#observe(signedIn);
      done();
    });
  }

  signIn(): void {
    const { rpc, limits, tell } = this.#options;
    rpc.request({
      method: 'account/login/start',
      params: { type: 'chatgptDeviceCode' },
      deadlineMs: limits.loginMs,
      settle: (reply) => {
        if (!reply.ok) return tell({ type: 'login.failed', reason: describeFailure(reply.failure) });
        const { loginId, verificationUrl, userCode } = isObject(reply.result) ? (reply.result as LoginStarted) : {};
        if (typeof loginId !== 'string' || typeof verificationUrl !== 'string' || typeof userCode !== 'string') {
          return tell({ type: 'login.failed', reason: 'no device code in the answer' });
        }
        tell({ type: 'login.offered', offer: { loginId, url: verificationUrl, code: userCode } });
      },
    });
  }

  /** True: the notification was about the account. */
  notified(method: string, params: Members): boolean {
    if (method === 'account/updated') {
      // The mode alone does not say whether one is needed.
      if (typeof params['authMode'] === 'string') this.#options.tell({ type: 'account.observed', signedIn: true });
      else this.read();
    } else if (method === 'account/login/completed') {
      this.#completed(params);
    } else if (method === 'account/rateLimits/updated') {
      this.#keepWindows(params['rateLimits']);
    } else {
      return false;
    }
    return true;
  }

  /** Until the last exhausted window is reset. */
  quotaMs(): number | undefined {
    const now = this.#options.clock.now();
    const waits = [...this.#windows.values()]
      .filter((window) => window.usedPercent >= 100 && window.resetsAtMs > now)
      .map((window) => window.resetsAtMs - now);
    return waits.length === 0 ? undefined : Math.max(...waits);
  }

  #completed(params: Members): void {
    const loginId = typeof params['loginId'] === 'string' ? params['loginId'] : null;
    const success = params['success'] === true;
    const { tell } = this.#options;
    const error = params['error'];
    if (success || typeof error !== 'string' || !error.includes('routing discovery')) {
      return tell({ type: 'login.completed', loginId, success });
    }
    // The sign-in may be good and stored although this later step failed.
    this.#ask({}, this.#options.limits.stepMs, (signedIn) =>
      tell({ type: 'login.completed', loginId, success: signedIn === true }),
    );
  }

  #observe(signedIn: boolean | null): void {
    this.#options.tell({ type: 'account.observed', signedIn });
  }

  #ask(params: { readonly refreshToken?: true }, deadlineMs: number, told: (signedIn: boolean | null) => void): void {
    this.#options.rpc.request({
      method: 'account/read',
      params,
      deadlineMs,
      settle: (reply) => told(reply.ok ? signedInOf(reply.result) : null),
    });
  }

  #keepWindows(limits: unknown): void {
    for (const name of ['primary', 'secondary']) {
      const window = member(limits, name);
      const usedPercent = member(window, 'usedPercent');
      const resetsAt = member(window, 'resetsAt');
      if (typeof usedPercent !== 'number' || typeof resetsAt !== 'number') continue;
      this.#windows.set(name, { usedPercent, resetsAtMs: resetsAt * 1_000 });
    }
  }
}

interface LoginStarted {
  readonly loginId?: unknown;
  readonly verificationUrl?: unknown;
  readonly userCode?: unknown;
}
