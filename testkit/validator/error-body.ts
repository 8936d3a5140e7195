/**
 * An HTTP error answer (`openai-api.md` 6.1, 6.2, 6.4): four keys, a code that belongs to its status, and the headers
 * clients decide by. Invariant: whoever reads only the body, only the status or only the headers learns the same.
 */
import { type ErrorRow, errorRows } from './error-table.ts';
import { isObject, type JsonObject, loneSurrogatePath, objectOf, parseJson, shown, textOf } from './json.ts';
import { boolean, filled, members, nullable, record, string } from './shape.ts';
import { demand } from './violation.ts';

export type HeaderMap = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly param: string | null;
  readonly requestId: string;
  readonly details: JsonObject | null;
}

const bodyShape = members({
  error: members(
    { message: filled, type: filled, param: nullable(string), code: filled },
    { retryable: boolean, details: record },
  ),
});

type Read = (name: string) => string | null;

function reader(headers: Headers | HeaderMap): Read {
  if (headers instanceof Headers) return (name) => headers.get(name);
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => {
    const value = lower.get(name);
    return value === undefined ? null : typeof value === 'string' ? value : value.join(', ');
  };
}

/** @throws StreamViolation with rule 6.1 (body), 6.2 (code, type, retry advice) or 6.4 (headers) */
export function validateErrorBody(status: number, headers: Headers | HeaderMap, body: string | Uint8Array): ErrorBody {
  const read = reader(headers);
  const type = read('content-type') ?? '';
  demand(/^application\/json(; ?charset=utf-8)?$/i.test(type), '6.1', null, `content-type is "${type}"`);
  const error = objectOf(parsedBody(body)['error']);
  const row = rowOf(status, error);
  assertAdvice(row, error, read);
  assertHeaders(status, read);
  return {
    message: textOf(error['message']),
    type: textOf(error['type']),
    code: textOf(error['code']),
    param: typeof error['param'] === 'string' ? error['param'] : null,
    requestId: read('x-request-id') ?? '',
    details: isObject(error['details']) ? error['details'] : null,
  };
}

function parsedBody(body: string | Uint8Array): JsonObject {
  const parsed = parseJson(typeof body === 'string' ? body : new TextDecoder().decode(body));
  if ('problem' in parsed) demand(false, '6.1', null, parsed.problem);
  const problem = bodyShape(parsed.value, 'body');
  demand(problem === null, '6.1', null, problem ?? '');
  demand(loneSurrogatePath(parsed.value) === null, '6.1', null, 'unpaired surrogate in the body');
  return objectOf(parsed.value);
}

function rowOf(status: number, error: JsonObject): ErrorRow {
  const { code, type } = error;
  const ofStatus = errorRows.filter((row) => row.status === status);
  demand(ofStatus.length > 0, '6.2', null, `status ${status} is not in the table`);
  // Login mode `code` appends its URL to the code of a 401.
  const plain = status === 401 ? textOf(code).replace(/ \| login_.*$/, '') : textOf(code);
  const row = ofStatus.find((known) => known.codes.includes(plain));
  demand(row !== undefined, '6.2', null, `code ${shown(code)} does not belong to status ${status}`);
  const typed = ofStatus.find((known) => known.type === type && known.codes.includes(plain));
  demand(typed !== undefined, '6.2', null, `type of ${shown(code)} at ${status} is ${row.type}, got ${shown(type)}`);
  return typed;
}

function assertAdvice(row: ErrorRow, error: JsonObject, read: Read): void {
  const advice = read('x-should-retry');
  const given = row.retry === 'none' ? advice === null || advice === 'false' : advice === 'true' || advice === 'false';
  demand(given, '6.2', null, `x-should-retry is ${advice}`);
  const agrees = row.retry === 'none' || row.retry === 'either' || advice === row.retry;
  demand(agrees, '6.2', null, `x-should-retry of ${shown(error['code'])} must be ${row.retry}, got ${advice}`);
  const honest = error['retryable'] !== true || advice === 'true';
  demand(honest, '6.2', null, 'retryable:true against x-should-retry');
}

function assertHeaders(status: number, read: Read): void {
  const requestId = read('x-request-id') ?? '';
  demand(/^req_[A-Za-z0-9_-]{20,}$/.test(requestId), '6.4', null, `x-request-id is "${requestId}"`);
  demand(read('cache-control') === 'no-store', '6.4', null, `cache-control is "${read('cache-control')}"`);
  if (status === 429 || status === 503) assertRetryAfter(read);
  const bearer = status !== 401 || /^Bearer realm=("api"|api)$/.test(read('www-authenticate') ?? '');
  demand(bearer, '6.4', null, `www-authenticate is "${read('www-authenticate')}"`);
  demand(status !== 405 || read('allow') !== null, '6.4', null, '405 without allow');
  const version = read('openai-version') ?? '2020-10-01';
  demand(version === '2020-10-01', '6.4', null, `openai-version is "${version}"`);
  const processing = read('openai-processing-ms') ?? '0';
  demand(/^[0-9]+$/.test(processing), '6.4', null, `openai-processing-ms is "${processing}"`);
}

function assertRetryAfter(read: Read): void {
  const [ms, seconds] = [read('retry-after-ms') ?? '', read('retry-after') ?? ''];
  demand(/^[0-9]+$/.test(ms), '6.4', null, `retry-after-ms is "${ms}"`);
  demand(/^[0-9]+$/.test(seconds), '6.4', null, `retry-after is "${seconds}"`);
  const apartMs = Math.abs(Number(seconds) * 1000 - Number(ms));
  demand(apartMs <= 1000, '6.4', null, `retry-after ${seconds} s and retry-after-ms ${ms} disagree`);
}
