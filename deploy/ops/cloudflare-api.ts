/**
 * Requests to the Cloudflare API. Invariants: the token is sent to the API alone (https, or loopback in tests; no redirect is
 * followed) and is in no message; every request has a deadline; what the API refuses is one line with its own words.
 */

import { Failure, Refusal } from './refusal.ts';

const timeoutMs = 30_000;
const answerCharactersMax = 4 * 1_048_576;
const defaultApi = 'https://api.cloudflare.com/client/v4';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export interface Reply {
  readonly status: number;
  readonly result: Json;
}

export const field = (value: Json, name: string): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? ((value as { readonly [key: string]: Json })[name] ?? null)
    : null;

/** As text; what is no text, number or flag is empty. */
export const textOf = (value: Json): string => (typeof value === 'object' ? '' : String(value));

export const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);

function apiBase(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const local = url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url === null || (url.protocol !== 'https:' && !local))
    throw new Refusal('CLOUDFLARE_API_BASE: expected an https URL');
  return text.replace(/\/+$/, '');
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

export class CloudflareApi {
  readonly #token: string;
  readonly #base: string;

  /** `base`: of another API than Cloudflare's own, for tests. */
  constructor(token: string, base: string = defaultApi) {
    if (!/^[\x21-\x7e]{1,512}$/.test(token)) throw new Refusal('the API token has characters that a token cannot have');
    this.#token = token;
    this.#base = apiBase(base);
  }

  /** A body is JSON or a form. 404 is an answer, not a failure: what is looked for may not be there yet. */
  async request(method: string, path: string, body?: Json | FormData): Promise<Reply> {
    const what = `${method} ${path.split('?', 1)[0]}`;
    const isForm = body instanceof FormData;
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` };
    if (body !== undefined && !isForm) headers['content-type'] = 'application/json';
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(`${this.#base}${path}`, {
        method,
        headers,
        body: isForm ? body : body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
      });
      text = await answer.text();
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new Failure(this.#clean(`${what}: no answer from the Cloudflare API: ${cause}`));
    }
    if (text.length > answerCharactersMax) throw new Failure(`${what}: the answer is too long`);
    const envelope = parsed(text);
    if (answer.ok && field(envelope, 'success') === true)
      return { status: answer.status, result: field(envelope, 'result') };
    if (answer.status === 404) return { status: 404, result: null };
    const told = listOf(field(envelope, 'errors')).slice(0, 5);
    const why = told.map((one) => `${textOf(field(one, 'message')).slice(0, 300)} (${textOf(field(one, 'code'))})`);
    const reason = why.length === 0 ? 'no reason given' : why.join('; ');
    throw new Failure(this.#clean(`${what}: Cloudflare answers ${answer.status}: ${reason}`));
  }

  #clean(text: string): string {
    return text
      .replaceAll(this.#token, '***')
      .replaceAll(/[0-9a-f]{32}/g, '<id>')
      .replace(/[\0-\x1f\x7f]+/g, ' ');
  }
}

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
}

/** By its id or its name. The account is the zone's, so that no id of an account has to be written down anywhere. */
export async function findZone(api: CloudflareApi, zoneId: string, zoneName: string): Promise<Zone> {
  if (zoneId === '' && zoneName === '') throw new Refusal('say which zone: --zone-name, ZONE_NAME or ZONE_ID');
  if (zoneId !== '' && !/^[0-9a-f]{32}$/.test(zoneId)) throw new Refusal('ZONE_ID: expected 32 hexadecimal digits');
  const path = zoneId === '' ? `/zones?name=${encodeURIComponent(zoneName)}` : `/zones/${zoneId}`;
  const { result } = await api.request('GET', path);
  const found = Array.isArray(result) ? (listOf(result)[0] ?? null) : result;
  const [id, name, accountId] = [field(found, 'id'), field(found, 'name'), field(field(found, 'account'), 'id')];
  if (typeof id !== 'string' || typeof name !== 'string' || typeof accountId !== 'string')
    throw new Failure(`this token sees no zone ${zoneName === '' ? 'of ZONE_ID' : JSON.stringify(zoneName)}`);
  return { id, name, accountId };
}
