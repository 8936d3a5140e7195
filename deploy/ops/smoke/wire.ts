/**
 * One HTTP request of a smoke, over node:http and node:https because an origin behind the edge is asked at its own address
 * under the name of the site. Invariants: every request ends, by its answer or by its deadline; an answer has a size limit; a
 * key never crosses the open internet in the clear, nor to somebody whose certificate was not verified.
 */

import http from 'node:http';
import https from 'node:https';
import { Failure, Refusal } from '../refusal.ts';

export interface Target {
  /** How it is called in the report: `edge`, `origin`. */
  readonly label: string;
  readonly base: URL;
  /** The name of the site, where it differs from the address. */
  readonly site?: string;
  readonly key?: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly timeoutMs: number;
  /** Without the key. */
  readonly bare?: boolean;
  /** Sees the body so far; false: enough, the connection is cut. */
  readonly reading?: (text: string) => boolean;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: unknown;
}

const bodyCharactersMax = 16 * 1024 * 1024;

export const isLoopback = ({ hostname }: URL): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(hostname);

/** On this machine or in the own network, where clients use plain http, too: by address, or by a name that only it knows. */
export const isNear = (url: URL): boolean =>
  isLoopback(url) ||
  /^(?:10(?:\.\d+){3}|192\.168(?:\.\d+){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d+){2}|169\.254(?:\.\d+){2})$/u.test(
    url.hostname,
  ) ||
  /^\[f(?:[cd][0-9a-f]{2}|e[89ab][0-9a-f]):/u.test(url.hostname) ||
  /^[^.[\]]+$|\.(?:local|lan|internal|home\.arpa)$/u.test(url.hostname);

/** `example.org`, `127.0.0.1:8443` or a URL, with or without `/v1`. */
export function baseUrl(name: string, text: string): URL {
  const written = /^[a-z]+:\/\//iu.test(text) ? text : `https://${text}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !/^https?:$/u.test(url.protocol) || url.username !== '' || url.search !== '')
    throw new Refusal(
      `${name}=${JSON.stringify(text)}: expected a host, or an http or https URL without user and query`,
    );
  return new URL(`${url.origin}${url.pathname.replace(/\/+$/u, '').replace(/\/v1$/u, '')}`);
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Looks into parsed JSON without believing anything of it. */
export const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null ? (inner as Readonly<Record<string, unknown>>)[step] : undefined,
    value,
  );

export const urlOf = ({ base }: Target, path: string): string =>
  `${base.origin}${base.pathname.replace(/\/$/u, '')}${path}`;

const single = (headers: http.IncomingHttpHeaders): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]));

export function ask(
  target: Target,
  path: string,
  { method, headers, body, timeoutMs, bare, reading }: Ask,
): Promise<Reply> {
  const { base, site, key } = target;
  const loopback = isLoopback(base);
  const sendsKey = key !== undefined && bare !== true;
  if (sendsKey && base.protocol === 'http:' && !isNear(base))
    throw new Refusal(`${base.origin} is neither https nor near: the key would travel in the clear`);
  const url = new URL(urlOf(target, path));
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const failed = (why: string): void => reject(new Failure(`${method ?? 'GET'} ${url.href}: ${why}`));
    let text = '';
    const options: https.RequestOptions = {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      agent: false,
      headers: {
        accept: '*/*',
        ...(site === undefined ? {} : { host: site }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(sendsKey ? { authorization: `Bearer ${key}` } : {}),
        ...headers,
      },
      ...(secure && site !== undefined ? { servername: site.replace(/:\d+$/u, '') } : {}),
      // On this machine the edge may show a certificate that only the public name's CDN trusts.
      ...(secure && loopback ? { rejectUnauthorized: false } : {}),
    };
    const request = (secure ? https : http).request(url, options, (response) => {
      const settle = (): void => {
        clearTimeout(deadline);
        resolve({ status: response.statusCode ?? 0, headers: single(response.headers), text, json: parsed(text) });
      };
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
        if (text.length > bodyCharactersMax) {
          failed(`more than ${bodyCharactersMax} characters`);
          request.destroy();
        } else if (reading?.(text) === false) {
          settle();
          request.destroy();
        }
      });
      response.on('end', settle);
      response.on('error', (error) => failed(`broken off after ${text.length} characters (${error.message})`));
    });
    const deadline = setTimeout(() => {
      failed(`no complete answer within ${timeoutMs / 1000} s`);
      request.destroy();
    }, timeoutMs);
    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(deadline);
      failed(error.code ?? error.message);
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
