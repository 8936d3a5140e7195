/**
 * The account of the fake: who is signed in, one login at a time. Invariant: a login ends exactly once, and both
 * notifications of an end come after the answer to the request that caused it.
 */
import type { Clock } from './clock.ts';
import { invalid } from './lines.ts';
import type { JsonObject, Refusal } from './lines.ts';
import { asString, uuidComplaint } from './serde.ts';

/** Initially `none`: the provider needs no sign-in, whoever signs in later; `unreachable`: the account endpoint does not answer. */
export type AccountState = 'none' | 'signedOut' | 'apiKey' | 'chatgpt' | 'unreachable';

export type Answer = { readonly result: JsonObject } | { readonly refusal: Refusal };

interface Options {
  readonly clock: Clock;
  readonly mint: () => string;
  readonly notify: (method: string, params: JsonObject) => void;
  readonly initial: AccountState;
  /** Null: only `completeLogin` ends a login. */
  readonly loginMs: number | null;
  readonly onChange: (state: AccountState) => void;
  /** Where people sign in. */
  readonly issuer: string;
  readonly authUrl: string | null;
  readonly loginId: string | null;
}

export interface Account {
  readonly state: () => AccountState;
  read(): Answer;
  rateLimits(): Answer;
  start(params: JsonObject): Answer;
  cancel(params: JsonObject): Answer;
  logout(): Answer;
  completeLogin(success: boolean, error?: string, stored?: boolean): void;
}

const snapshot = {
  limitId: 'codex',
  limitName: null,
  normalModelSlug: null,
  primary: { usedPercent: 42, windowDurationMins: 300, resetsAt: 1_795_230_000 },
  secondary: { usedPercent: 10, windowDurationMins: 10_080, resetsAt: 1_795_290_000 },
  credits: { hasCredits: false, unlimited: false, balance: null },
  individualLimit: null,
  spendControlReached: null,
  planType: 'pro',
  rateLimitReachedType: null,
};

const nobody = { account: null, userId: null, requiresOpenaiAuth: true, workspaceRouting: null };
const views: { readonly [state in AccountState]: JsonObject } = {
  none: { ...nobody, requiresOpenaiAuth: false },
  signedOut: nobody,
  unreachable: nobody,
  apiKey: { ...nobody, account: { type: 'apiKey' } },
  chatgpt: {
    account: { type: 'chatgpt', email: 'dev@example.com', planType: 'pro', workspaceName: 'Personal' },
    userId: 'user-1',
    requiresOpenaiAuth: true,
    workspaceRouting: {
      chatgptAccountId: 'acc-1',
      backendOrigin: 'https://chatgpt.com',
      accountRoutingOverride: 'NO_CONSTRAINT',
    },
  },
};

export function createAccount({ clock, mint, notify, initial, loginMs, onChange, issuer, ...fixed }: Options): Account {
  let state = initial;
  let login: { readonly id: string; readonly browser: boolean; readonly cancel: () => void } | null = null;

  const change = (next: AccountState): void => {
    state = next;
    onChange(next);
    const authMode = next === 'chatgpt' ? 'chatgpt' : next === 'apiKey' ? 'apikey' : null;
    notify('account/updated', { authMode, planType: next === 'chatgpt' ? 'pro' : null });
  };
  const completed = (loginId: string | null, error: string | null): void =>
    notify('account/login/completed', { loginId, success: error === null, error, onboardingEntrypoint: null });
  const soon = (fire: () => void): void => void clock.schedule(0, fire);
  const end = (error: string | null, stored = error === null): void => {
    if (login === null) return;
    const { id, browser, cancel } = login;
    login = null;
    cancel();
    completed(id, error === null ? null : browser ? `Login server error: ${error}` : error);
    if (stored) change('chatgpt');
  };
  const begin = (browser: boolean): string => {
    end('Login cancelled');
    const id = fixed.loginId ?? mint();
    const cancel = loginMs === null ? () => undefined : clock.schedule(loginMs, () => end(null));
    login = { id, browser, cancel };
    return id;
  };

  return {
    state: () => state,
    read: () =>
      state === 'unreachable'
        ? { refusal: { code: -32603, message: 'workspace routing discovery failed' } }
        : { result: views[initial === 'none' ? 'none' : state] },
    rateLimits() {
      if (state === 'apiKey') return { refusal: invalid('chatgpt authentication required to read rate limits') };
      if (state !== 'chatgpt') return { refusal: invalid('codex account authentication required to read rate limits') };
      const more = { rateLimitResetCredits: null, accountId: null, rateLimitUpsell: null };
      const rateLimitsByLimitId = { codex: snapshot };
      return { result: { ordinaryUsageAllowed: null, rateLimits: snapshot, rateLimitsByLimitId, ...more } };
    },
    start(params) {
      const type = asString(params['type']);
      if (type === 'chatgptDeviceCode') {
        const loginId = begin(false);
        return {
          result: { type, loginId, verificationUrl: fixed.authUrl ?? `${issuer}/codex/device`, userCode: 'ABCD-1234' },
        };
      }
      if (type === 'chatgpt') {
        const loginId = begin(true);
        const redirect = encodeURIComponent('http://127.0.0.1:1455/auth/callback');
        const usual = `${issuer}/oauth/authorize?response_type=code&client_id=fake&redirect_uri=${redirect}&state=${loginId}`;
        return { result: { type, loginId, authUrl: fixed.authUrl ?? usual } };
      }
      soon(() => {
        completed(null, null);
        change(type === 'apiKey' ? 'apiKey' : 'chatgpt');
      });
      return { result: { type } };
    },
    cancel(params) {
      const id = asString(params['loginId']);
      if (login?.id !== id && uuidComplaint(id) !== null) return { refusal: invalid(`invalid login id: ${id}`) };
      if (login?.id !== id) return { result: { status: 'notFound' } };
      soon(() => end('Login was not completed'));
      return { result: { status: 'canceled' } };
    },
    logout() {
      soon(() => change(initial === 'none' ? 'none' : 'signedOut'));
      return { result: {} };
    },
    completeLogin: (success, error = 'Login was not completed', stored = success) =>
      end(success ? null : error, stored),
  };
}
