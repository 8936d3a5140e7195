// A login issuer that has no users: device code, browser login, token refresh, account and usage look-ups.
// Invariant: a device code yields tokens only after `approve`; refresh tokens rotate and each works once; tokens are
// unsigned and good for this server only.

import { isJson, type Json } from './request.ts';

export type LoginAnswer = { readonly status: number; readonly body: Json; readonly location?: string };

export type LoginOptions = {
  readonly email?: string;
  readonly planType?: string;
  readonly accountId?: string;
  /** How often the CLI is told to poll a device code; 0 makes tests fast. */
  readonly pollSeconds?: number;
};

type Device = { readonly id: string; readonly userCode: string; state: 'pending' | 'approved' | 'denied' };

const farFutureS = 4_102_444_800;
const proof = 'A'.repeat(43);

function failure(status: number, code: string): LoginAnswer {
  return { status, body: { error: { code, message: code } } };
}

export class LoginIssuer {
  /** When set, model requests without a token of this issuer are answered 401. */
  requireBearer = false;
  /** When false, refreshing fails with `refresh_token_reused`, which signs the CLI out. */
  refreshAllowed = true;
  /** When false, the account look-up fails, as when the network is down after a good login. */
  accountsAvailable = true;
  readonly #options: Required<LoginOptions>;
  readonly #devices = new Map<string, Device>();
  readonly #refresh = new Set<string>();
  readonly #access = new Set<string>();
  readonly #changed: () => void;
  #issued = 0;

  constructor(options: LoginOptions, changed: () => void) {
    this.#options = { email: 'dev@example.com', planType: 'pro', accountId: 'acc-1', pollSeconds: 1, ...options };
    this.#changed = changed;
  }

  get pendingCodes(): readonly string[] {
    return [...this.#devices.values()].filter((one) => one.state === 'pending').map((one) => one.userCode);
  }

  /** Approves one user code, or all pending ones; says how many. */
  approve(userCode?: string): number {
    return this.#decide('approved', userCode);
  }

  deny(userCode?: string): number {
    return this.#decide('denied', userCode);
  }

  /** Access tokens given out so far stop working; the CLI then refreshes. */
  revokeAccess(): void {
    this.#access.clear();
  }

  reset(): void {
    this.#devices.clear();
    this.#refresh.clear();
    this.#access.clear();
    this.#issued = 0;
    this.requireBearer = false;
    this.refreshAllowed = true;
    this.accountsAvailable = true;
  }

  accepts(authorization: string | undefined): boolean {
    return !this.requireBearer || this.#access.has((authorization ?? '').replace(/^Bearer /i, ''));
  }

  /** Tokens as they are stored in an `auth.json`. */
  tokens(): { readonly id_token: string; readonly access_token: string; readonly refresh_token: string } {
    this.#issued += 1;
    const token = this.#jwt();
    const refresh = `rt-${this.#issued}`;
    this.#access.add(token);
    this.#refresh.add(refresh);
    return { id_token: token, access_token: token, refresh_token: refresh };
  }

  /** A complete signed-in `auth.json`; `lastRefresh` is an ISO time. */
  authFile(lastRefresh: string): Json {
    const tokens = { ...this.tokens(), account_id: this.#options.accountId };
    return { auth_mode: 'chatgpt', OPENAI_API_KEY: null, tokens, last_refresh: lastRefresh };
  }

  newDevice(): LoginAnswer {
    const number = this.#devices.size + 1;
    const device: Device = { id: `dev-${number}`, userCode: `ABCD-${1233 + number}`, state: 'pending' };
    this.#devices.set(device.id, device);
    this.#changed();
    const body = { device_auth_id: device.id, user_code: device.userCode, interval: String(this.#options.pollSeconds) };
    return { status: 200, body: { ...body, expires_at: new Date(farFutureS * 1000).toISOString() } };
  }

  pollDevice(body: unknown): LoginAnswer {
    const device = isJson(body) ? this.#devices.get(String(body['device_auth_id'])) : undefined;
    if (device === undefined) return failure(400, 'unknown_device');
    if (device.state === 'pending') return { status: 403, body: { error: 'authorization_pending' } };
    if (device.state === 'denied') return { status: 400, body: { error: 'access_denied' } };
    return { status: 200, body: { authorization_code: 'AC', code_challenge: proof, code_verifier: proof } };
  }

  token(body: unknown): LoginAnswer {
    if (isJson(body) && body['grant_type'] === 'refresh_token') {
      const known = this.refreshAllowed && this.#refresh.delete(String(body['refresh_token']));
      return known ? { status: 200, body: this.tokens() } : failure(401, 'refresh_token_reused');
    }
    return { status: 200, body: this.tokens() };
  }

  /** The browser login without a browser: sends the user straight back. */
  authorize(query: URLSearchParams): LoginAnswer {
    const target = query.get('redirect_uri') ?? '';
    if (!URL.canParse(target)) return failure(400, 'invalid_redirect_uri');
    const back = new URL(target);
    back.searchParams.set('code', 'AC');
    back.searchParams.set('state', query.get('state') ?? '');
    return { status: 302, body: {}, location: back.href };
  }

  accounts(): LoginAnswer {
    if (!this.accountsAvailable) return failure(503, 'unavailable');
    const { accountId, planType } = this.#options;
    const account = {
      id: accountId,
      name: 'Personal',
      structure: 'personal',
      plan_type: planType,
      workspace_backend_origin: 'https://chatgpt.com',
      account_routing_override: 'NO_CONSTRAINT',
    };
    const body = { accounts: [account], account_ordering: [accountId], default_account_id: accountId };
    return { status: 200, body };
  }

  usage(): LoginAnswer {
    const window = (used: number, seconds: number, resetAt: number): Json => ({
      used_percent: used,
      limit_window_seconds: seconds,
      reset_after_seconds: 600,
      reset_at: resetAt,
    });
    const rateLimit = {
      allowed: true,
      limit_reached: false,
      primary_window: window(42, 18_000, 1_795_230_000),
      secondary_window: window(10, 604_800, 1_795_290_000),
    };
    const credits = { has_credits: false, unlimited: false, balance: null };
    return { status: 200, body: { plan_type: this.#options.planType, rate_limit: rateLimit, credits } };
  }

  #decide(state: 'approved' | 'denied', userCode: string | undefined): number {
    let decided = 0;
    for (const device of this.#devices.values()) {
      if (device.state !== 'pending' || (userCode !== undefined && device.userCode !== userCode)) continue;
      device.state = state;
      decided += 1;
    }
    return decided;
  }

  #jwt(): string {
    const { email, planType, accountId } = this.#options;
    const part = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const user = { chatgpt_user_id: 'user-1', user_id: 'user-1' };
    const auth = { chatgpt_account_id: accountId, chatgpt_plan_type: planType, ...user };
    const claims = { email, exp: farFutureS, jti: String(this.#issued), 'https://api.openai.com/auth': auth };
    return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.${Buffer.from('unsigned').toString('base64url')}`;
  }
}
