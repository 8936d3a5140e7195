/**
 * Which endpoint a method and a path mean. Pure. A missing `/v1` and one trailing slash are tolerated, because base URLs
 * are typed by people.
 */

export type RouteName = 'responses' | 'chat' | 'models' | 'model' | 'healthz' | 'readyz' | 'livez';

export type Route =
  | { readonly type: 'route'; readonly name: RouteName /** Percent-decoded rest of the path. */; readonly id: string }
  | { readonly type: 'preflight' }
  | { readonly type: 'wrong method'; readonly allow: string }
  | { readonly type: 'websocket' }
  | { readonly type: 'unknown'; readonly message: string };

const get = ['GET', 'HEAD'];
const post = ['POST', 'HEAD'];
const endpoints = new Map<string, readonly [RouteName, readonly string[]]>([
  ['/v1/responses', ['responses', post]],
  ['/v1/chat/completions', ['chat', post]],
  ['/v1/models', ['models', get]],
  ['/healthz', ['healthz', get]],
  ['/readyz', ['readyz', get]],
  ['/livez', ['livez', get]],
]);
const modelPrefix = '/v1/models/';

const normalised = (path: string): string => {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  if (/^\/(responses|chat\/completions|models)$/.test(trimmed) || trimmed.startsWith('/models/'))
    return `/v1${trimmed}`;
  return trimmed;
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

export interface RouteRequest {
  readonly method: string;
  readonly path: string;
  /** The `upgrade` header. */
  readonly upgrade: string;
}

export function resolveRoute({ method, path, upgrade }: RouteRequest): Route {
  if (method === 'OPTIONS') return { type: 'preflight' };
  const plain = normalised(path);
  const isModel = plain.startsWith(modelPrefix) && plain.length > modelPrefix.length;
  const id = isModel ? decoded(plain.slice(modelPrefix.length)) : '';
  const [name, methods] = isModel ? (['model', get] as const) : (endpoints.get(plain) ?? [null, []]);
  if (name === null || id === null) return unknown(method, path);
  if (methods.includes(method)) return { type: 'route', name, id };
  if (name === 'responses' && method === 'GET' && upgrade.toLowerCase() === 'websocket') return { type: 'websocket' };
  return { type: 'wrong method', allow: methods.join(', ') };
}
