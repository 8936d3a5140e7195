/** What was used: the records of requests, what is told of them, and the file that outlives the process. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { RawConnection } from '../raw-client.ts';
import { framesOf, type Loose, type Server, serve } from './server.ts';

const uncounted = marker('nousage');
const asked = { stream_options: { include_usage: true } };

/** A folder for a file that outlives the server. */
const aFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-parity-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'usage.ndjson');
};

const latest = async (server: Server, limit = 1): Promise<readonly Loose[]> =>
  (await server.get(`/v1/usage/raw?limit=${limit}`)).json.events;

test('P-12: usage needs the key, unless it is opened', async () => {
  const server = await serve();
  for (const path of ['/v1/usage', '/v1/usage/raw', '/v1/usage/']) {
    expect([(await server.send('GET', path)).status, (await server.get(path)).status]).toEqual([401, 200]);
  }
  expect((await server.send('HEAD', '/v1/usage', server.gateway.withKey)).status).toBe(200);
  const open = await serve({ PROXY_USAGE_ALLOW_UNAUTH: 'true' });
  expect((await open.send('GET', '/v1/usage')).json.total_requests).toBe(0);
});

describe('what clients are told', () => {
  test('P-125: responses have the usage with its details, whole and in the last event, asked for or not', async () => {
    const server = await serve();
    const usage = {
      input_tokens: 8,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 6,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 14,
    };
    expect((await server.resp()).json.usage).toEqual(usage);
    for (const extra of [{}, asked]) {
      const frames = await server.respFrames(extra);
      expect(frames.at(-1)).toMatchObject({ type: 'response.completed', response: { usage } });
    }
  });

  test('P-111 C-23: the usage frame follows the finish if it was asked for, an event and a chunk in one', async () => {
    const server = await serve();
    for (const extra of [asked, { include_usage: true }]) {
      const { text } = await server.chat({ stream: true, ...extra });
      const frames = framesOf(text);
      const last = frames.at(-1);
      expect(last).toMatchObject({
        object: 'chat.completion.chunk',
        event: 'usage',
        choices: [],
        usage: {
          prompt_tokens: 8,
          completion_tokens: 6,
          total_tokens: 14,
          time_to_first_token: null,
          throughput_after_first_token: null,
          emission_trigger: 'provider',
        },
      });
      const { time_to_first_token_ms: first, total_duration_ms: total } = last.usage;
      expect(first >= 0 && first <= total).toBe(true);
      expect(frames.at(-2).choices[0].finish_reason).toBe('stop');
      expect(frames.slice(0, -1).map(({ usage }) => usage)).toEqual(frames.slice(1).map(() => null));
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    }
    const frames = await server.chatFrames();
    expect([frames.every(({ usage }) => usage === null), frames.some((frame) => 'event' in frame)]).toEqual([
      true,
      false,
    ]);
  });

  test('P-111: a usage that nobody has counted says that it is an estimate', async () => {
    const server = await serve();
    const frames = await server.chatFrames({ messages: [{ role: 'user', content: uncounted }], ...asked });
    expect(frames.at(-1).usage.emission_trigger).toBe('task_complete');
  });

  test('P-101 W-8: what the worker has counted, all four ways', async () => {
    const server = await serve();
    const said = marker('text', { in: '100', cached: '9', out: '50', reasoning: '20' });
    const messages = [{ role: 'user', content: said }];
    const chat = {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 9 },
      completion_tokens_details: { reasoning_tokens: 20 },
    };
    const responses = {
      input_tokens: 100,
      output_tokens: 50,
      total_tokens: 150,
      input_tokens_details: { cached_tokens: 9 },
      output_tokens_details: { reasoning_tokens: 20 },
    };
    expect((await server.chat({ messages })).json.usage).toMatchObject(chat);
    expect((await server.chatFrames({ messages, ...asked })).at(-1).usage).toMatchObject(chat);
    expect((await server.resp({ input: said })).json.usage).toMatchObject(responses);
    expect((await server.respFrames({ input: said })).at(-1).response.usage).toMatchObject(responses);
    expect(await latest(server, 4)).toMatchObject(
      Array(4).fill({ prompt_tokens: 100, completion_tokens: 50, total_tokens: 150, provider_supplied: true }),
    );
  });

  test('P-101 P-187: what the worker does not count is estimated, four characters a token, and marked', async () => {
    const server = await serve();
    const messages = [{ role: 'user', content: uncounted }];
    const { json, headers } = await server.chat({ messages });
    const { content } = json.choices[0].message;
    const usage = {
      prompt_tokens: Math.ceil(uncounted.length / 4),
      completion_tokens: Math.ceil(content.length / 4),
    };
    expect(content).not.toBe('');
    expect([json.usage, headers['x-proxy-estimated']]).toMatchObject([usage, 'usage']);
    const whole = await server.resp({ input: uncounted });
    expect(whole.json.usage).toMatchObject({
      input_tokens: usage.prompt_tokens,
      output_tokens: usage.completion_tokens,
      total_tokens: usage.prompt_tokens + usage.completion_tokens,
    });
    expect(whole.headers['x-proxy-estimated']).toBe('usage');
    expect((await server.chat()).headers['x-proxy-estimated']).toBeUndefined();
  });
});

describe('records', () => {
  test('P-180: one line for each request with a good key, whatever became of it', async () => {
    const file = aFile();
    const server = await serve({ TOKEN_LOG_PATH: file });
    await server.chat({}, { 'user-agent': 'parity/1' });
    await server.chat({ stream: true, ...asked });
    await server.resp();
    await server.resp({ stream: true });
    await server.post('/v1/chat/completions', '{bad');
    await server.chat({ model: 'gpt-4o' });
    await server.chat({ messages: [{ role: 'user', content: 'usage today' }] });
    await server.send('POST', '/v1/chat/completions', {}, '{}');
    const events = await latest(server, 100);
    expect(events.map(({ mode, status, error_code: code }) => [mode, status, code])).toEqual([
      ['chat_nonstream', 200, null],
      ['chat_stream', 200, null],
      ['responses_nonstream', 200, null],
      ['responses_stream', 200, null],
      ['chat_nonstream', 400, 'invalid_json'],
      ['chat_nonstream', 404, 'model_not_found'],
      ['usage_query', 200, null],
    ]);
    const names =
      'ts ts_ms timestamp component event phase level req_id route mode method status status_code stream requested_model ' +
      'effective_model prompt_tokens completion_tokens total_tokens prompt_tokens_est completion_tokens_est total_tokens_est ' +
      'duration_ms total_duration_ms time_to_first_token_ms emission_trigger counts_source usage_included ' +
      'provider_supplied finish_reason finish_reason_source has_tool_calls has_function_call tool_call_count_total ' +
      'tool_call_truncated_total stop_after_tools_mode choice_count metadata_sanitizer_enabled output_mode user_agent error_code';
    for (const event of events) expect(names.split(' ').filter((name) => !Object.hasOwn(event, name))).toEqual([]);
    expect(events[0]).toMatchObject({
      component: 'usage',
      event: 'usage_summary',
      route: '/v1/chat/completions',
      method: 'POST',
      requested_model: 'codex-5',
      prompt_tokens: 8,
      completion_tokens: 6,
      total_tokens: 14,
      prompt_tokens_est: 3,
      completion_tokens_est: 6,
      counts_source: 'event',
      provider_supplied: true,
      emission_trigger: 'provider',
      finish_reason: 'stop',
      choice_count: 1,
      user_agent: 'parity/1',
    });
    await server.gateway.stop();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(events);
  });

  test('P-180: what was left out of an answer as metadata is told', async () => {
    const server = await serve({ FAKE_CODEX_METADATA: 'extra', PROXY_SANITIZE_METADATA: 'true' });
    await server.chat();
    const [event] = await latest(server);
    expect(event).toMatchObject({ metadata_sanitizer_enabled: true, sanitized_metadata_sources: ['fixed', 'event'] });
    expect(event.sanitized_metadata_count).toBe(event.sanitized_metadata_keys.length);
    expect(event.sanitized_metadata_count).toBeGreaterThan(0);
  });

  test('P-180: a client that leaves is one, with status 499', async () => {
    const server = await serve({ FAKE_CODEX_MODE: 'stream_hang' });
    const client = new RawConnection(server.port).request(
      'POST',
      '/v1/chat/completions',
      { ...server.gateway.withKey, 'content-type': 'application/json' },
      JSON.stringify({ model: 'codex-5', stream: true, messages: [{ role: 'user', content: 'Say hello.' }] }),
    );
    await client.until('"content":"');
    client.leave();
    for (;;) {
      const [event] = await latest(server);
      if (event === undefined) continue;
      expect(event).toMatchObject({
        status: 499,
        error_code: 'request_aborted',
        phase: 'aborted',
        mode: 'chat_stream',
      });
      break;
    }
  });

  test('P-181 C-43: the tokens of responses count like those of chat', async () => {
    const server = await serve();
    for (const stream of [false, true]) {
      await server.resp({ stream });
      const [event] = await latest(server);
      expect(event).toMatchObject({
        route: '/v1/responses',
        prompt_tokens_est: 3,
        completion_tokens_est: 6,
        prompt_tokens: 8,
      });
    }
    expect((await server.get('/v1/usage')).json).toMatchObject({
      total_requests: 2,
      prompt_tokens_est: 6,
      completion_tokens_est: 12,
      total_tokens_est: 18,
      total_tokens: 28,
    });
  });

  test('P-183: the last ones, oldest first, as many as are asked for', async () => {
    const server = await serve();
    for (const user of ['a/1', 'b/1', 'c/1']) await server.chat({}, { 'user-agent': user });
    const { json } = await server.get('/v1/usage/raw?limit=2');
    expect(json).toMatchObject({
      count: 2,
      events: [{ user_agent: 'b/1' }, { user_agent: 'c/1' }],
      tool_buffer_metrics: {},
    });
    expect((await server.get('/v1/usage/raw')).json.count).toBe(3);
    for (const limit of ['0', '10001', 'x', '-1', '1.5']) {
      const refused = await server.get(`/v1/usage/raw?limit=${limit}`);
      expect([refused.status, refused.json.error.param]).toEqual([400, 'limit']);
    }
  });

  test('P-166 W-48: a stream of a thousand deltas is a few lines of log, whatever its length', async () => {
    const server = await serve();
    const said = marker('burst', { n: '1000' });
    /** Lines of the log until its last one, which comes behind the answer. */
    const linesOf = async (): Promise<number> => {
      const { text, headers } = await server.chat({ messages: [{ role: 'user', content: said }], stream: true });
      expect(framesOf(text).length).toBeGreaterThan(900);
      const id = String(headers['x-request-id']);
      await server.gateway.until((line) => line.includes(' access_log ') && line.includes(id));
      return server.gateway.journal.length;
    };
    const before = await linesOf();
    expect((await linesOf()) - before).toBeLessThanOrEqual(5);
    expect((await latest(server, 10)).length).toBe(2);
  });
});

describe('sums', () => {
  const at = (text: string): number => Date.parse(text);
  const line = (ts: string, extra: Loose = {}): string =>
    `${JSON.stringify({ ts: at(ts), event: 'usage_summary', prompt_tokens_est: 10, completion_tokens_est: 5, ...extra })}\n`;

  test('P-182: of any interval, half open, by hours and days of UTC', async () => {
    const file = aFile();
    writeFileSync(
      file,
      line('2026-03-01T23:30:00Z') +
        line('2026-03-02T00:00:00Z') +
        line('2026-03-02T00:59:59.999Z') +
        line('2026-03-02T05:00:00Z'),
    );
    const server = await serve({ TOKEN_LOG_PATH: file, TZ: 'America/New_York' });
    const of = async (query: string): Promise<Loose> => (await server.get(`/v1/usage?${query}`)).json;
    const whole = await of('group=day');
    expect(whole).toMatchObject({
      group: 'day',
      total_requests: 4,
      prompt_tokens_est: 40,
      completion_tokens_est: 20,
      total_tokens_est: 60,
      prompt_tokens: 0,
      tool_buffer_metrics: {},
    });
    expect(whole.buckets.map(({ ts, requests }: Loose) => [ts, requests])).toEqual([
      [at('2026-03-01T00:00:00Z'), 1],
      [at('2026-03-02T00:00:00Z'), 3],
    ]);
    const hours = await of('group=hour&start=2026-03-02&end=2026-03-02T05:00:00Z');
    expect(hours).toMatchObject({ start: at('2026-03-02'), end: at('2026-03-02T05:00:00Z'), total_requests: 2 });
    expect(hours.buckets).toEqual([
      {
        ts: at('2026-03-02'),
        requests: 2,
        prompt_tokens_est: 20,
        completion_tokens_est: 10,
        total_tokens_est: 30,
        prompt_tokens: 0,
        completion_tokens: 0,
        total_tokens: 0,
      },
    ]);
    const seconds = at('2026-03-02T00:00:00Z') / 1_000;
    for (const end of [`${seconds}`, `${seconds}000`, '2026-03-02T00:00:00Z', '2026-03-01T19:00:00-05:00']) {
      expect([end, (await of(`end=${end}`)).total_requests]).toEqual([end, 1]);
    }
    for (const [query, param] of [
      ['start=garbage', 'start'],
      ['end=2026-13-01', 'end'],
      ['group=minute', 'group'],
    ]) {
      const refused = await server.get(`/v1/usage?${query}`);
      expect([refused.status, refused.json.error.param]).toEqual([400, param]);
    }
  });

  test('P-184: outlive the process, and the file is bounded', async () => {
    const file = aFile();
    const env = { TOKEN_LOG_PATH: file, USAGE_LOG_MAX_BYTES: '65536', USAGE_LOG_KEEP: '1' };
    const first = await serve(env);
    await first.resp();
    await first.gateway.stop();
    // So much that the next line begins a new file.
    writeFileSync(file, `${readFileSync(file, 'utf8')}${line('2026-03-02T00:00:00Z').repeat(700)}{broken\n`);
    const second = await serve(env);
    expect((await second.get('/v1/usage')).json).toMatchObject({ total_requests: 701, total_tokens: 14 });
    await second.chat();
    await second.gateway.stop();
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(1);
    expect(readFileSync(`${file}.1`, 'utf8').length).toBeGreaterThan(60_000);
    const third = await serve(env);
    expect((await third.get('/v1/usage')).json).toMatchObject({ total_requests: 702, total_tokens: 28 });
  });

  test('P-184: a file that cannot be written is a warning, and no more', async () => {
    const server = await serve({ TOKEN_LOG_PATH: '/dev/null/usage.ndjson' });
    for (let time = 0; time < 3; time += 1) expect((await server.chat()).status).toBe(200);
    expect((await server.get('/v1/usage')).json.total_requests).toBe(3);
    await server.gateway.until((text) => text.includes('usage_log_unwritable'));
    expect(server.gateway.journal.filter((text) => text.includes('usage_log_unwritable'))).toHaveLength(1);
  });

  test('P-184: of a million requests they are told in less than 50 ms', async () => {
    const file = aFile();
    const start = at('2026-01-01');
    const million = Array.from(
      { length: 1_000_000 },
      (_, index) => `{"ts":${start + 20_000 * index},"prompt_tokens_est":2,"completion_tokens_est":1}`,
    );
    writeFileSync(file, `${million.join('\n')}\n`);
    const server = await serve({ TOKEN_LOG_PATH: file });
    const end = start + 20_000 * 1_000_000;
    const whole = `/v1/usage?start=${start}&end=${end}&group=day`;
    while ((await server.get(whole)).json.total_requests < 1_000_000)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const times: number[] = [];
    for (let time = 0; time < 21; time += 1) {
      const before = performance.now();
      const cut = `/v1/usage?start=${end - 90 * 60_000}&end=${end - 30 * 60_000}&group=hour`;
      const { json } = await server.get(time % 2 === 0 ? whole : cut);
      times.push(performance.now() - before);
      expect(json.total_requests).toBe(time % 2 === 0 ? 1_000_000 : 180);
    }
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(50);
  });

  test('W-49: ten thousand lines are read once, not with each question', async () => {
    const file = aFile();
    writeFileSync(file, line('2026-03-02T00:30:00Z').repeat(10_000));
    const server = await serve({ TOKEN_LOG_PATH: file });
    while ((await server.get('/v1/usage')).json.total_requests < 10_000)
      await new Promise((resolve) => setTimeout(resolve, 20));
    rmSync(file);
    for (let time = 0; time < 200; time += 1) {
      expect((await server.get('/v1/usage?group=hour')).json).toMatchObject({
        total_requests: 10_000,
        total_tokens_est: 150_000,
      });
    }
    await server.resp();
    expect((await server.get('/v1/usage')).json).toMatchObject({ total_requests: 10_001, total_tokens: 14 });
    expect((await server.get('/v1/usage/raw?limit=10000')).json.count).toBe(10_000);
  });
});
