/**
 * The CORS headers of an answer. Invariant: credentials are allowed only for an origin that the operator listed (or,
 * while the default key is in use, one of this machine or of the two apps that are documented), never for `*`.
 */

import type { Header } from './headers.ts';
import type { RequestHead } from './request-head.ts';

export interface CorsPolicy {
  readonly enabled: boolean;
  /** Origins, or `*`. */
  readonly origins: readonly string[];
  /** With a key that everybody knows the list does not count. */
  readonly defaultKey: boolean;
}

export interface Preflight {
  /** Each as sent; empty when absent. */
  readonly requestHeaders: string;
  readonly privateNetwork: string;
}

const withDefaultKey = ['app://obsidian.md', 'capacitor://localhost', 'http://localhost', 'https://localhost'];
const addresses = ['http://127.0.0.1', 'https://127.0.0.1', 'http://[::1]', 'https://[::1]'];
const defaultHeaders =
  'authorization, content-type, accept, user-agent, x-request-id, x-client-request-id, idempotency-key, openai-beta, ' +
  'openai-organization, openai-project, openai-version, x-requested-with, dangerously-allow-browser, x-no-keepalive, ' +
  'x-proxy-output-mode, x-proxy-events, x-stainless-lang, x-stainless-package-version, x-stainless-os, x-stainless-arch, ' +
  'x-stainless-runtime, x-stainless-runtime-version, x-stainless-retry-count, x-stainless-timeout, x-stainless-async';
const exposed =
  'content-type, x-request-id, retry-after, retry-after-ms, x-should-retry, openai-processing-ms, openai-version, ' +
  'openai-model, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, ' +
  'x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens, x-codex-primary-used-percent, ' +
  'x-codex-primary-window-minutes, x-codex-primary-reset-at, x-codex-secondary-used-percent, ' +
  'x-codex-secondary-window-minutes, x-codex-secondary-reset-at, x-proxy-trace-id, ' +
  'x-proxy-ignored-params, x-proxy-estimated, x-proxy-model, x-proxy-output-mode, x-codex-stop-after-tools-mode, ' +
  'x-codex-tool-call-count, x-codex-tool-call-truncated, x-conc-before, x-conc-after, x-conc-limit';

/** On the web schemes a port does not matter for names of this machine. */
const key = (origin: string): string =>
  origin
    .toLowerCase()
    .replace(/\/$/, '')
    .replace(/^(https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])):\d+$/, '$1');

type Verdict = 'refused' | 'any' | 'echoed' | 'listed';

function verdict(origin: string, policy: CorsPolicy): Verdict {
  const list = policy.defaultKey ? [...withDefaultKey, ...addresses] : policy.origins;
  if (origin === '') return list.includes('*') ? 'any' : 'refused';
  if (!/^[\x21-\x7e]{1,512}$/.test(origin)) return 'refused';
  if (list.some((entry) => entry !== '*' && key(entry) === key(origin))) return 'listed';
  return list.includes('*') ? 'echoed' : 'refused';
}

/**
 * Not a page from elsewhere, which a browser on this machine would show what is for this machine only. Without an origin it is no
 * page, or one that cannot read the answer.
 */
export const isOwnOrigin = (origin: string): boolean =>
  origin === '' || verdict(origin, { enabled: true, origins: [], defaultKey: true }) === 'listed';

/** `preflight` is null on actual answers. */
export function corsHeaders(origin: string, policy: CorsPolicy, preflight: Preflight | null): readonly Header[] {
  if (!policy.enabled) return [];
  const vary = preflight === null ? 'origin' : 'origin, access-control-request-headers, access-control-request-method';
  const headers: Header[] = [['vary', vary]];
  const found = verdict(origin, policy);
  if (found === 'refused') return headers;
  headers.push(['access-control-allow-origin', found === 'any' ? '*' : origin]);
  if (found === 'listed') headers.push(['access-control-allow-credentials', 'true']);
  headers.push(['access-control-expose-headers', exposed]);
  if (preflight === null) return headers;
  const asked = preflight.requestHeaders;
  const askedIsList = /^[\w!#$%&'*+.^`|~, -]{1,4096}$/.test(asked);
  headers.push(['access-control-allow-methods', 'GET, POST, DELETE, HEAD, OPTIONS']);
  headers.push(['access-control-allow-headers', askedIsList ? asked : defaultHeaders]);
  headers.push(['access-control-max-age', '600']);
  if (preflight.privateNetwork === 'true') headers.push(['access-control-allow-private-network', 'true']);
  return headers;
}

/** Of each answer, by its request. */
export const corsOfRequests = (policy: CorsPolicy) => {
  const withoutOrigin = corsHeaders('', policy, null);
  return ({ method, header }: Pick<RequestHead, 'method' | 'header'>): readonly Header[] => {
    const origin = header('origin');
    if (method !== 'OPTIONS') return origin === '' ? withoutOrigin : corsHeaders(origin, policy, null);
    const requestHeaders = header('access-control-request-headers');
    return corsHeaders(origin, policy, {
      requestHeaders,
      privateNetwork: header('access-control-request-private-network'),
    });
  };
};
