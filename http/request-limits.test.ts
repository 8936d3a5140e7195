import { deflateRawSync, deflateSync, brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { limits } from './limits.ts';
import { jsonExtent, parseJsonObject } from './json-body.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';
import { type RunningFront, startFront, withKey } from '../testkit/front-end.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';

const { uws } = loadUws();
const bodyBytesMax = 100_000;
let front: RunningFront;

beforeAll(async () => {
  front = await startFront({ createServer, uws, responses: responsesEndpoint, chat: chatEndpoint }, { bodyBytesMax });
});

afterAll(async () => {
  await front.server.close(1_000);
});

const question = JSON.stringify({ model: 'codex-5', input: 'hi' });
const post = async (body: string | Uint8Array, headers: Record<string, string> = {}) => {
  const answer = await ask(front.port, '/v1/responses', { method: 'POST', headers: { ...withKey, ...headers }, body });
  const { error } = JSON.parse(answer.text) as { error?: { code: string; message: string } };
  return { status: answer.status, code: error?.code, message: error?.message };
};

/** The status of a request that is good enough to be opened. */
const opens = async (body: string | Uint8Array, headers: Record<string, string> = {}): Promise<number> => {
  const opened = front.service.next();
  const answered = post(body, headers);
  (await opened).answer('fine');
  return (await answered).status;
};

describe('media types', () => {
  it.each([
    'application/json',
    'text/plain',
    'application/JSON; charset=UTF-8',
    'text/json',
    'application/vnd.api+json',
  ])('takes %s', async (type) => {
    expect(await opens(question, { 'content-type': type })).toBe(200);
  });

  it.each([
    ['application/x-www-form-urlencoded', 'unsupported_media_type'],
    ['multipart/form-data; boundary=x', 'unsupported_media_type'],
    ['application/json; charset=utf-16', 'unsupported_encoding'],
  ])('refuses %s with 415', async (type, code) => {
    expect(await post(question, { 'content-type': type })).toMatchObject({ status: 415, code });
  });
});

describe('content encodings', () => {
  it.each([
    ['gzip', gzipSync(question)],
    ['deflate', deflateSync(question)],
    ['deflate', deflateRawSync(question)],
    ['br', brotliCompressSync(question)],
    ['identity', Buffer.from(question)],
  ])('decodes %s', async (encoding, body) => {
    expect(await opens(body, { 'content-encoding': encoding })).toBe(200);
  });

  it.each(['zstd', 'gzip, gzip', 'compress'])('refuses %s with 415', async (encoding) => {
    expect(await post(question, { 'content-encoding': encoding })).toMatchObject({
      status: 415,
      code: 'unsupported_encoding',
    });
  });

  it.each(['gzip', 'deflate', 'br'])('says 400 to bytes that are not %s', async (encoding) => {
    expect(await post('not compressed', { 'content-encoding': encoding })).toMatchObject({
      status: 400,
      code: 'invalid_json',
    });
  });

  it('stops decoding a bomb at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(80_000_000, ' '));
    expect(bomb.length).toBeLessThan(bodyBytesMax);
    expect(await post(bomb, { 'content-encoding': 'gzip' })).toMatchObject({
      status: 413,
      code: 'request_entity_too_large',
    });
  });
});

describe('size', () => {
  it('refuses an announced size above the limit before it comes', async () => {
    const connection = new RawConnection(front.port);
    connection.request('POST', '/v1/responses', { ...withKey, 'content-length': '100001' });
    expect(await connection.until('"request_entity_too_large"')).toMatch(/^HTTP\/1\.1 413 /);
    connection.leave();
  });

  it('refuses a chunked body when it passes the limit, and the client can read that', async () => {
    const connection = new RawConnection(front.port);
    connection.request('POST', '/v1/responses', { ...withKey, 'transfer-encoding': 'chunked' });
    for (let count = 0; count < 11; count += 1) connection.send(`2710\r\n${'x'.repeat(10_000)}\r\n`);
    expect(await connection.until('"request_entity_too_large"')).toMatch(/^HTTP\/1\.1 413 /);
    connection.leave();
  });

  it('reads a body of exactly the limit', async () => {
    expect(await opens(question.padEnd(bodyBytesMax))).toBe(200);
  });
});

describe('JSON', () => {
  it.each(['', '{bad', '{"a":1', 'nope'])('says invalid_json to %j', async (body) => {
    expect(await post(body)).toMatchObject({ status: 400, code: 'invalid_json', message: 'Invalid JSON' });
  });

  it('says invalid_json to bytes that are not UTF-8', async () => {
    expect(await post(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toMatchObject({
      status: 400,
      code: 'invalid_json',
    });
  });

  it.each(['[]', '1', '"x"', 'null'])('wants an object, not %s', async (body) => {
    expect(await post(body)).toMatchObject({ status: 400, message: 'request body must be a JSON object' });
  });

  it('refuses nesting that could end the stack of what reads it', async () => {
    const depth = limits.jsonDepthMax + 1;
    expect(await post(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`)).toMatchObject({
      status: 400,
      code: 'invalid_json',
    });
  });

  it('refuses so many values that reading them would keep all others waiting', () => {
    const body = (strings: number) => Buffer.from(`{"a":[${Array(strings).fill('","').join(',')}]}`);
    expect(() => parseJsonObject(body(limits.jsonValuesMax))).toThrow(`more than ${limits.jsonValuesMax} values`);
    expect(parseJsonObject(body(limits.jsonValuesMax - 1))).toHaveProperty('a.length', limits.jsonValuesMax - 1);
  });

  it('finds the depth of any JSON, and parses what is shallow enough', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    const valuesOf = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce((sum: number, each) => sum + valuesOf(each), 1)
        : 1;
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const bytes = Buffer.from(JSON.stringify(value));
        const parsed = JSON.parse(bytes.toString()) as unknown;
        expect(jsonExtent(bytes).depth).toBe(depthOf(parsed));
        expect(jsonExtent(bytes).values).toBeGreaterThanOrEqual(valuesOf(parsed) - 1);
        expect(parseJsonObject(bytes)).toEqual(parsed);
      }),
    );
  });
});

describe('a client that leaves while it sends', () => {
  it('is forgotten', async () => {
    const before = front.server.active;
    const connection = new RawConnection(front.port);
    connection.request('POST', '/v1/responses', { ...withKey, 'content-length': '50000' }, 'x');
    while (front.server.active === before) await new Promise(setImmediate);
    connection.leave();
    while (front.server.active > before) await new Promise(setImmediate);
    expect(front.server.active).toBe(before);
    const { event, facts } = front.journal.lines.at(-1) ?? {};
    expect([event, facts?.['req_id']]).toEqual(['client_gone', expect.stringMatching(/^req_/)]);
  });
});
