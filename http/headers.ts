/** The response headers that are not CORS, and the status lines. Names are lower case, values printable ASCII. */

export type Header = readonly [name: string, value: string];

export const jsonType: Header = ['content-type', 'application/json; charset=utf-8'];
export const noStore: Header = ['cache-control', 'no-store'];

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

const lines: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(reasons).map(([status, reason]) => [status, `${status} ${reason}`]),
);

export const statusLine = (status: number): string => lines[status] ?? `${status} Unknown`;

/** A value that came from outside must neither end its line nor grow without bound. */
export const headerSafe = (value: string): string => value.replace(/[^\x20-\x7e]/g, '?').slice(0, 1024);

/** Of most answers it is the list of the one before, which whoever names no origin gets. */
let latest: { readonly headers: readonly Header[]; readonly block: Header | null } = { headers: [], block: null };

/** Those that many answers have in common, as one; null: there are none. Written by itself, it is not copied for each of them. */
export function sharedBlock(headers: readonly Header[]): Header | null {
  if (latest.headers !== headers) latest = { headers, block: joined(headers) };
  return latest.block;
}

const joined = ([first, ...others]: readonly Header[]): Header | null => {
  if (first === undefined) return null;
  return [first[0], [first[1], ...others.map(([name, value]) => `${name}: ${value}`)].join('\r\n')];
};

/**
 * All headers of one answer as one, the others behind the value of the first: a call of uWebSockets.js costs more than its bytes, and
 * what it is given it writes as it is. On every answer, whatever it is, are those about the request; the trace id is the request id
 * under the predecessor's name. `processingMs`: time to headers.
 */
export function headerBlock(headers: readonly Header[], requestId: string, processingMs: number): Header {
  const ms = Math.max(0, Math.round(processingMs));
  const about = `${requestId}\r\nx-proxy-trace-id: ${requestId}\r\nopenai-version: 2020-10-01\r\nopenai-processing-ms: ${ms}`;
  const [first] = headers;
  if (first === undefined) return ['x-request-id', about];
  let block = first[1];
  for (let at = 1; at < headers.length; at += 1) block += `\r\n${headers[at]?.[0]}: ${headers[at]?.[1]}`;
  return [first[0], `${block}\r\nx-request-id: ${about}`];
}

/** Of both bodies that come from a response, with what it says of itself by now. */
export function answerHeaders(
  ignoredParams: readonly string[],
  told: {
    readonly target: string | null;
    readonly reroutedModel: string | null;
    /** It answers a request for a title, whatever model was asked. */
    readonly titleModel: string | null;
    readonly usageEstimated: boolean;
  } | null = null,
): readonly Header[] {
  const headers: Header[] = [];
  if (ignoredParams.length > 0) headers.push(['x-proxy-ignored-params', headerSafe(ignoredParams.join(', '))]);
  if (told === null) return headers;
  const { target, reroutedModel, titleModel, usageEstimated } = told;
  if (target !== null) headers.push(['x-proxy-model', headerSafe(target)]);
  // Not for an alias: Codex as a client warns its user of a model that was put in place of the one he asked for.
  const instead = reroutedModel ?? titleModel;
  if (instead !== null) headers.push(['openai-model', headerSafe(instead)]);
  if (usageEstimated) headers.push(['x-proxy-estimated', 'usage']);
  return headers;
}

export const sseHeaders: readonly Header[] = [
  ['content-type', 'text/event-stream; charset=utf-8'],
  ['cache-control', 'no-cache, no-transform'],
  ['x-accel-buffering', 'no'],
];

/** A month: a plan's window ends before. */
const delayMsMax = 31 * 24 * 3_600_000;

export function retryHeaders(shouldRetry: boolean | null, retryAfterMs: number | null): readonly Header[] {
  const headers: Header[] = [];
  if (shouldRetry !== null) headers.push(['x-should-retry', String(shouldRetry)]);
  if (retryAfterMs === null) return headers;
  const delayMs = Math.min(delayMsMax, Math.max(0, Math.ceil(retryAfterMs)));
  headers.push(['retry-after', String(Math.ceil(delayMs / 1000))], ['retry-after-ms', String(delayMs)]);
  return headers;
}
