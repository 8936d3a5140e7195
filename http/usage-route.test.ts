import { afterEach, describe, expect, it } from 'vitest';
import { closeFronts, startFront, withKey } from '../testkit/front-end.ts';
import { ask } from '../testkit/raw-client.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import type { FrontSettings } from './front.ts';
import { createServer } from './server.ts';
import { UsageBook } from './usage-book.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
afterEach(closeFronts);

const hour = 3_600_000;
const spent = { promptEst: 3, completionEst: 2, prompt: 30, completion: null };

const start = async (settings: Partial<FrontSettings> = {}) => {
  const book = new UsageBook();
  book.add({ at: 10 * hour, ...spent }, '{"n":1}');
  book.add({ at: 11 * hour + 5, ...spent }, '{"n":2}');
  const usage = { book, toolBuffer: () => ({ started: 7 }) };
  const { port } = await startFront(
    { createServer, uws, responses: responsesEndpoint, chat: chatEndpoint, usage },
    settings,
  );
  return async (path: string, headers: Record<string, string> = withKey, method = 'GET') => {
    const { status, text, headers: told } = await ask(port, path, { method, headers });
    return { status, told, json: text === '' ? null : (JSON.parse(text) as Record<string, unknown>) };
  };
};

describe('/v1/usage', () => {
  it('P-12 needs the key, unless it is opened', async () => {
    const closed = await start();
    expect([(await closed('/v1/usage', {})).status, (await closed('/v1/usage/raw', {})).status]).toEqual([401, 401]);
    const open = await start({ usageAllowUnauth: true });
    expect([(await open('/v1/usage', {})).status, (await open('/v1/usage/raw', {})).status]).toEqual([200, 200]);
  });

  it('P-182 tells the sums of an interval', async () => {
    const get = await start();
    const whole = await get('/v1/usage/?end=99999999999');
    expect(whole.json).toEqual({
      start: 0,
      end: 99_999_999_999,
      total_requests: 2,
      prompt_tokens_est: 6,
      completion_tokens_est: 4,
      total_tokens_est: 10,
      prompt_tokens: 60,
      completion_tokens: 0,
      total_tokens: 60,
      tool_buffer_metrics: { started: 7 },
    });
    const half = await get(`/v1/usage?start=${10 * hour}&end=${11 * hour}&group=hour`);
    expect(half.json).toMatchObject({ group: 'hour', total_requests: 1, buckets: [{ ts: 10 * hour, requests: 1 }] });
    const days = await get('/v1/usage?start=1970-01-01T02:00:00+02:00&end=1970-01-02&group=day');
    expect(days.json).toMatchObject({ start: 0, buckets: [{ ts: 0, requests: 2, prompt_tokens_est: 6 }] });
  });

  it.each([
    ['/v1/usage?start=garbage', 'start'],
    ['/v1/usage?end=-5', 'end'],
    ['/v1/usage?start=2026-01-02&end=2026-01-01', 'end'],
    ['/v1/usage?group=week', 'group'],
    ['/v1/usage/raw?limit=0', 'limit'],
    ['/v1/usage/raw?limit=10001', 'limit'],
    ['/v1/usage/raw?limit=2.5', 'limit'],
    ['/v1/usage/raw?limit=many', 'limit'],
  ])('P-182 refuses %s', async (path, param) => {
    const { status, json } = await (await start())(path);
    expect([status, json?.['error']]).toMatchObject([400, { param, code: 'invalid_request_error' }]);
  });

  it('P-183 tells the latest records, oldest first', async () => {
    const get = await start();
    const { json } = await get('/v1/usage/raw');
    expect(json).toEqual({ count: 2, events: [{ n: 1 }, { n: 2 }], tool_buffer_metrics: { started: 7 } });
    expect((await get('/v1/usage/raw?limit=1')).json).toMatchObject({ count: 1, events: [{ n: 2 }] });
  });

  it('answers HEAD with the headers of GET, and nothing else', async () => {
    const get = await start();
    const { status, told, json } = await get('/v1/usage', withKey, 'HEAD');
    expect([status, told['content-type'], json]).toEqual([200, 'application/json; charset=utf-8', null]);
    expect((await get('/v1/usage', withKey, 'POST')).status).toBe(405);
  });
});

it('P-182 P-185 after the machine has slept, today is the day of the calendar', async () => {
  const slept = Date.UTC(2026, 10, 30, 8);
  const book = new UsageBook();
  book.add({ at: slept - hour, ...spent }, '{"n":1}');
  const { port, records } = await startFront({
    createServer,
    uws,
    responses: responsesEndpoint,
    chat: chatEndpoint,
    usage: { book, toolBuffer: () => ({}) },
    calendar: () => slept,
  });
  const sums = await ask(port, '/v1/usage', { headers: withKey });
  expect(JSON.parse(sums.text)).toMatchObject({ end: slept + 1, total_requests: 1 });
  const body = JSON.stringify({ model: 'codex-5', input: 'usage today' });
  const { text } = await ask(port, '/v1/responses', { method: 'POST', headers: withKey, body });
  expect(text).toContain('Usage from 2026-11-30T00:00Z');
  expect(records.map(({ at }) => at)).toEqual([slept]);
});
