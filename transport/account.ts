/**
 * Whose account the worker uses: reading it, signing in, and how much of its limits is used up. Invariant:
 * what could not be found out is told as unknown, never as signed out.
 */

import type { AccountLimits, LimitWindow } from '../actors/account-limits.ts';
import type { Clock, WorkerFact } from '../actors/seams.ts';
import type { Offer } from '../machines/protocol.ts';
import type { Quota } from './codex-errors.ts';
import { describeFailure } from './handshake.ts';
import { isObject, member, type Members } from './json.ts';
import type { TransportLimits } from './limits.ts';
import type { RpcPeer } from './rpc.ts';

/**
 * `device`: the person may be anywhere, and types a code. `browser`: an address that leads back to port 1455 of this machine,
 * where the person has to be.
 */
export type LoginFlow = 'device' | 'browser';

export interface AccountOptions {
  readonly rpc: RpcPeer;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly flow: LoginFlow;
  readonly tell: (fact: WorkerFact) => void;
}

interface Seen {
  /** Null: could not be found out. */
  readonly signedIn: boolean | null;
  /** With an account that has limits. */
  readonly chatgpt: boolean;
}

const seenIn = (result: unknown): Seen => {
  if (!isObject(result) || !('account' in result)) return { signedIn: null, chatgpt: false };
  const { account } = result;
  const signedIn = isObject(account) || result['requiresOpenaiAuth'] !== true;
  return { signedIn, chatgpt: member(account, 'type') === 'chatgpt' };
};

/** In the browser flow there is no code to type. */
const offerIn = (result: unknown): Offer | null => {
  const [loginId, code] = [member(result, 'loginId'), member(result, 'userCode') ?? ''];
  const url = code === '' ? member(result, 'authUrl') : member(result, 'verificationUrl');
  if (typeof loginId !== 'string' || typeof url !== 'string' || typeof code !== 'string') return null;
  return { loginId, url, code };
};

const unknownLimits: AccountLimits = { primary: null, secondary: null };
/** The plan as a whole; some models have limits of their own besides. */
const planLimit = 'codex';

/** Unix seconds up to the year 5138, which is also as many minutes as any window has: what is beyond is another unit. */
const countMax = 100_000_000_000;

const countOr = (value: unknown, otherwise: number | null): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < countMax ? value : otherwise;

/** What an update leaves out stays as it was. */
const windowOf = (update: unknown, known: LimitWindow | null): LimitWindow | null => {
  const usedPercent = member(update, 'usedPercent');
  if (typeof usedPercent !== 'number' || !(usedPercent >= 0 && usedPercent < countMax)) return known;
  return {
    usedPercent,
    windowMinutes: countOr(member(update, 'windowDurationMins'), known?.windowMinutes ?? null),
    resetsAt: countOr(member(update, 'resetsAt'), known?.resetsAt ?? null),
  };
};

export class Account {
  readonly #options: AccountOptions;
  /** The last known windows of the account's limits; an update that leaves one out changes nothing about it. */
  #limits: AccountLimits = unknownLimits;

  constructor(options: AccountOptions) {
    this.#options = options;
  }

  read(): void {
    this.#ask({}, this.#options.limits.stepMs, (seen) => this.#observe(seen));
  }

  /** Reads it when its tokens have been renewed. `done` is called in any case, before half of `withinMs` is over. */
  refresh(withinMs: number, done: () => void): void {
    const deadlineMs = Math.min(this.#options.limits.stepMs, withinMs / 2);
    this.#ask({ refreshToken: true }, deadlineMs, (seen) => {
      this.#observe(seen);
      done();
    });
  }

  signIn(): void {
    const { rpc, limits, flow, tell } = this.#options;
    rpc.request({
      method: 'account/login/start',
      params: { type: flow === 'device' ? 'chatgptDeviceCode' : 'chatgpt' },
      deadlineMs: limits.loginMs,
      settle: (reply) => {
        if (!reply.ok) return tell({ type: 'login.failed', reason: describeFailure(reply.failure) });
        const offer = offerIn(reply.result);
        tell(
          offer === null
            ? { type: 'login.failed', reason: 'no address in the answer' }
            : { type: 'login.offered', offer },
        );
      },
    });
  }

  /** True: the notification was about the account. */
  notified(method: string, params: Members): boolean {
    if (method === 'account/updated') {
      // The mode alone does not say whether one is needed.
      const mode = params['authMode'];
      if (typeof mode === 'string') this.#observe({ signedIn: true, chatgpt: mode === 'chatgpt' });
      else this.read();
    } else if (method === 'account/login/completed') {
      this.#completed(params);
    } else if (method === 'account/rateLimits/updated') {
      this.#keepLimits(params['rateLimits'], this.#limits);
    } else {
      return false;
    }
    return true;
  }

  /** The last exhausted window to be reset. */
  quota(): Quota | undefined {
    const now = this.#options.clock.now();
    const { primary, secondary } = this.#limits;
    const ends = [primary, secondary].flatMap((window) =>
      window === null || window.resetsAt === null || window.usedPercent < 100 ? [] : [window.resetsAt * 1_000],
    );
    const resetsAt = Math.max(0, ...ends);
    return resetsAt > now && Number.isFinite(resetsAt) ? { waitMs: resetsAt - now, resetsAt } : undefined;
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
    this.#ask({}, this.#options.limits.stepMs, ({ signedIn }) =>
      tell({ type: 'login.completed', loginId, success: signedIn === true }),
    );
  }

  #observe({ signedIn, chatgpt }: Seen): void {
    this.#options.tell({ type: 'account.observed', signedIn });
    if (chatgpt) this.#readLimits();
    else if (signedIn !== null) this.#setLimits(unknownLimits);
  }

  #ask(params: { readonly refreshToken?: true }, deadlineMs: number, told: (seen: Seen) => void): void {
    this.#options.rpc.request({
      method: 'account/read',
      params,
      deadlineMs,
      settle: (reply) => told(seenIn(reply.ok ? reply.result : null)),
    });
  }

  #readLimits(): void {
    this.#options.rpc.request({
      method: 'account/rateLimits/read',
      params: null,
      deadlineMs: this.#options.limits.stepMs,
      settle: (reply) => {
        // All that is known, where an update tells only what is new: nothing of another account stays.
        if (reply.ok) this.#keepLimits(member(reply.result, 'rateLimits'), unknownLimits);
      },
    });
  }

  #keepLimits(update: unknown, { primary, secondary }: AccountLimits): void {
    const id = member(update, 'limitId');
    if (typeof id === 'string' && id !== planLimit) return;
    this.#setLimits({
      primary: windowOf(member(update, 'primary'), primary),
      secondary: windowOf(member(update, 'secondary'), secondary),
    });
  }

  #setLimits(limits: AccountLimits): void {
    if (limits === this.#limits) return;
    this.#limits = limits;
    this.#options.tell({ type: 'limits.observed', limits });
  }
}
