/**
 * Which endpoint a method and a path mean. Pure. A missing `/v1` and one trailing slash are tolerated, because base URLs
 * are typed by people.
 */

export type RouteName =
  | 'responses'
  | 'stored'
  | 'chat'
  | 'models'
  | 'model'
  | 'usage'
  | 'rawUsage'
  | 'healthz'
  | 'readyz'
  | 'livez'
  | 'metrics'
  | 'test.conc'
  | 'test.release'
  | 'test.toolBuffer'
  | 'test.toolBufferReset';

export type Route =
  | { readonly type: 'route'; readonly name: RouteName /** Percent-decoded rest of the path. */; readonly id: string }
  | { readonly type: 'preflight' }
  | { readonly type: 'wrong method'; readonly allow: string }
  | { readonly type: 'websocket' }
  | { readonly type: 'unknown'; readonly message: string };

const get = ['GET', 'HEAD'];
const post = ['POST', 'HEAD'];
const endpoints = new Map<string, readonly [RouteName, readonly string[], id?: string]>([
  ['/v1/responses', ['responses', post]],
  ['/v1/chat/completions', ['chat', post]],
  ['/v1/models', ['models', get]],
  ['/v1/usage', ['usage', get]],
  ['/v1/usage/raw', ['rawUsage', get]],
  ['/healthz', ['healthz', get]],
  ['/readyz', ['readyz', get]],
  ['/livez', ['livez', get]],
  ['/metrics', ['metrics', get]],
  ['/__test/conc', ['test.conc', get]],
  ['/__test/conc/release', ['test.release', ['POST']]],
  ['/__test/tool-buffer-metrics', ['test.toolBuffer', get]],
  ['/__test/tool-buffer-metrics/reset', ['test.toolBufferReset', ['POST']]],
]);
/** By the path before the id of one; that of a model may have slashes. */
const members: readonly (readonly [path: RegExp, name: RouteName, methods: readonly string[], template: string])[] = [
  [/^\/v1\/models\/(.+)$/s, 'model', get, '/v1/models/{id}'],
  // No ids: endpoints of OpenAI's that are not offered.
  [/^\/v1\/responses\/(?!(?:compact|input_tokens)$)([^/]+)$/, 'stored', [...get, 'DELETE'], '/v1/responses/{id}'],
];

const normalised = (path: string): string => {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  return /^\/((responses|models|usage)(\/|$)|chat\/completions$)/.test(trimmed) ? `/v1${trimmed}` : trimmed;
};

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

const unknown = (method: string, path: string): Route => {
  const remedy = /^(\/v1)?\/completions\/?$/.test(path) ? ' Use /v1/chat/completions or /v1/responses.' : '';
  return { type: 'unknown', message: `Unknown request URL: ${method} ${path.slice(0, 200)}.${remedy}` };
};

const memberOf = (path: string): readonly [RouteName, readonly string[], id: string] | null => {
  for (const [pattern, name, methods] of members) {
    const id = pattern.exec(path)?.[1];
    if (id !== undefined) return [name, methods, id];
  }
  return null;
};

/** Where there is no such route. */
export const otherRoute = 'other';

/** What a path is called by metrics, traces and logs: one of a few names, whatever a client writes. */
export function routeTemplate(path: string): string {
  const plain = normalised(path);
  if (endpoints.has(plain)) return plain;
  return members.find(([pattern]) => pattern.test(plain))?.[3] ?? otherRoute;
}

/** Those methods that each of these names takes. */
export const routeMethods: readonly (readonly [template: string, methods: readonly string[]])[] = [
  ...[...endpoints].map(([path, [, methods]]) => [path, methods] as const),
  ...members.map(([, , methods, template]) => [template, methods] as const),
];

export interface RouteRequest {
  readonly method: string;
  readonly path: string;
  /** The `upgrade` header. */
  readonly upgrade: string;
}

/** What the operator has switched off is not there. */
export type Offered = (name: RouteName) => boolean;

export function resolveRoute({ method, path, upgrade }: RouteRequest, offered: Offered): Route {
  if (method === 'OPTIONS') return { type: 'preflight' };
  const plain = normalised(path);
  const [name, methods, raw] = endpoints.get(plain) ?? memberOf(plain) ?? [null, []];
  const id = decoded(raw ?? '');
  if (name === null || id === null || !offered(name)) return unknown(method, path);
  if (methods.includes(method)) return { type: 'route', name, id };
  if (name === 'responses' && method === 'GET' && upgrade.toLowerCase() === 'websocket') return { type: 'websocket' };
  return { type: 'wrong method', allow: methods.join(', ') };
}
