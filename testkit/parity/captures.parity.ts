/** What may be written down of requests and workers, and what must never be. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { chatText, type Loose, responsesText, serve, type Server } from './server.ts';
import { linesIn, recordsIn } from './written-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'codex-actors-captures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const key = `key-${randomBytes(8).toString('hex')}`;
const word = `geheim${randomBytes(6).toString('hex')}`;
const prompt = `[[sc:text text="${word}"]] ${key}`;

const filesOf = (path: string): readonly string[] => {
  try {
    return readdirSync(path).sort();
  } catch {
    return [];
  }
};

const textOf = (path: string): string =>
  filesOf(path)
    .map((name) => readFileSync(join(path, name), 'utf8'))
    .join('\n');
/** Of files of lines that are being written. */
const recordsOf = (path: string): readonly Loose[] => filesOf(path).flatMap((name) => recordsIn(join(path, name)));

test('P-208 a capture is a file with what was asked, what was answered and what it was, without its words', async () => {
  const place = (name: string): string => join(folder, name);
  const server = await serve({
    PROXY_API_KEY: key,
    PROXY_CAPTURE_CHAT_TRANSCRIPTS: 'true',
    PROXY_CAPTURE_CHAT_DIR: place('chat'),
    PROXY_CAPTURE_CHAT_RAW_TRANSCRIPTS: 'true',
    PROXY_CAPTURE_CHAT_RAW_DIR: place('chat-raw'),
    PROXY_CAPTURE_RESPONSES_TRANSCRIPTS: 'true',
    PROXY_CAPTURE_RESPONSES_DIR: place('responses'),
    PROXY_CAPTURE_RESPONSES_RAW_TRANSCRIPTS: 'true',
    PROXY_CAPTURE_RESPONSES_RAW_DIR: place('responses-raw'),
  });
  const headers = {
    'x-proxy-capture-id': '../../My Demo',
    'x-copilot-trace-id': 'trace-1',
    cookie: `a=${word}`,
    'x-api-key': word,
  };
  const messages = [{ role: 'user', content: prompt }];
  expect((await server.chat({ messages }, headers)).text).toContain(word);
  expect((await server.resp({ input: prompt }, headers)).text).toContain(word);
  expect(chatText(await server.chatFrames({ messages }, headers))).toContain(word);
  expect(responsesText(await server.respFrames({ input: prompt }, headers))).toContain(word);
  const names = ['my-demo-nonstream.json', 'my-demo-stream.json'];
  const places = ['chat', 'chat-raw', 'responses', 'responses-raw'].map(place);
  await eventually('all captures', () => places.every((path) => filesOf(path).length === 2));
  for (const path of places) expect(filesOf(path)).toEqual(names);

  for (const path of [place('chat'), place('responses')]) {
    expect(textOf(path)).not.toContain(word);
    // Nor a piece of one: a stream has a word in pieces.
    expect(textOf(path)).not.toMatch(/"(content|delta|text|arguments|instructions|input)":"(?!<redacted>"|")/);
    for (const name of names) {
      const { metadata, request, response, stream } = JSON.parse(readFileSync(join(path, name), 'utf8'));
      const isStream = name.endsWith('-stream.json');
      const endpoint = path.endsWith('chat') ? 'chat' : 'responses';
      expect(metadata).toMatchObject({
        scenario: name.replace('.json', ''),
        stream: isStream,
        outcome: 'ok',
        route: endpoint === 'chat' ? '/v1/chat/completions' : '/v1/responses',
        mode: `${endpoint}_${isStream ? 'stream' : 'nonstream'}`,
        endpoint_mode: endpoint,
        copilot_trace_source: 'header',
        copilot_trace_header: 'x-copilot-trace-id',
        copilot_trace_present: true,
        ingress_summary: { is_object: true },
      });
      expect(Date.parse(metadata.captured_at)).toBeGreaterThan(0);
      expect(metadata.proxy_trace_id).toMatch(/^req_/);
      expect(metadata).toHaveProperty('output_mode_effective');
      expect(request.body.model).toBe('codex-5');
      expect([Array.isArray(stream), response === undefined]).toEqual([isStream, isStream]);
      if (isStream) expect(stream.at(-1)).toMatchObject({ type: 'done' });
      else expect(response.model).toBe('codex-5');
    }
  }
  for (const path of [place('chat-raw'), place('responses-raw')]) {
    const text = textOf(path);
    expect(text).toContain(word);
    const { request } = JSON.parse(readFileSync(join(path, 'my-demo-stream.json'), 'utf8'));
    expect([request.headers.authorization, request.headers.cookie, request.headers['x-api-key']]).toEqual(
      Array.from({ length: 3 }, () => '<redacted>'),
    );
  }
  for (const path of places) expect(textOf(path)).not.toContain(key);

  // Without a name of the client each has one of its own.
  await server.chat({ messages });
  await server.chat({ messages });
  await eventually('further captures', () => filesOf(place('chat')).length === 4);
  expect(filesOf(place('chat')).filter((name) => name.startsWith('chat-2'))).toHaveLength(2);
});

test('P-208 P-36 what signs somebody in is in no capture, raw ones included', async () => {
  const raw = join(folder, 'signed-out');
  const server = await serve({
    FAKE_CODEX_UNAUTHORIZED: '1',
    CODEX_PROVIDER_URL: '',
    PROXY_CAPTURE_CHAT_RAW_TRANSCRIPTS: 'true',
    PROXY_CAPTURE_CHAT_RAW_DIR: raw,
  });
  const { status, json } = await server.chat();
  expect([status, typeof json.error.details.auth_url]).toEqual([401, 'string']);
  await eventually('a capture', () => filesOf(raw).length === 1);
  const text = textOf(raw);
  expect(text).not.toContain(json.error.details.auth_url);
  expect(text).not.toContain(json.error.details.login_id);
});

const rawCaptures = (name: string, maxBytes = '262144') => ({
  PROXY_API_KEY: key,
  PROXY_CAPTURE_APP_SERVER_RAW: 'true',
  PROXY_CAPTURE_APP_SERVER_RAW_DIR: join(folder, name, 'lines'),
  PROXY_CAPTURE_APP_SERVER_RAW_MAX_BYTES: maxBytes,
  PROXY_CAPTURE_THINKING_RAW: 'true',
  PROXY_CAPTURE_THINKING_RAW_DIR: join(folder, name, 'thinking'),
  PROXY_CAPTURE_THINKING_RAW_MAX_BYTES: maxBytes,
});

const traceOf = (server: Server): string => join(server.gateway.folder, 'wire.ndjson');

test('P-206 P-209 lines of workers are captured in development, and prompts where that was asked for; never a key', async () => {
  const lines = join(folder, 'dev/lines');
  const clear = { PROXY_LOG_REDACT: 'false', PROXY_TRACE_BODY_LIMIT: '200' };
  const server = await serve({ PROXY_ENV: 'dev', ...clear, ...rawCaptures('dev', '300') });
  const { headers } = await server.chat({ messages: [{ role: 'user', content: prompt }] });
  const id = headers['x-request-id'];
  const mine = (): readonly Loose[] => recordsOf(lines).filter((record) => record.req_id === id);
  await eventually('the end of the turn', () => mine().some((one) => one.notification_method === 'turn/completed'));
  const methods = mine().map((record) => record.notification_method);
  expect(methods).toEqual(expect.arrayContaining(['thread/inject_items', 'turn/start', 'item/agentMessage/delta']));
  expect(mine().some((record) => record.truncated)).toBe(true);
  // Each file is written in its own time.
  const told = (): readonly Loose[] => recordsIn(traceOf(server)).filter((record) => record.req_id === id);
  await eventually('the end in the trace', () => told().some(({ kind }) => kind === 'request_over'));
  const trace = linesIn(traceOf(server)).join('\n');
  for (const text of [textOf(lines), trace]) expect([text.includes(word), text.includes(key)]).toEqual([true, false]);
  // As text within a record what is too long has its quotes escaped.
  for (const { message } of recordsOf(lines)) expect(JSON.stringify(message).length).toBeLessThan(2 * 300);
  for (const { body } of recordsIn(traceOf(server))) expect(JSON.stringify(body ?? '').length).toBeLessThan(2 * 200);
});

test('P-209 of the legacy protocol, too, and reasoning stands apart', async () => {
  const shim = join(import.meta.dirname, '../proto/main.ts');
  const server = await serve({
    PROXY_ENV: 'dev',
    CODEX_BIN: shim,
    PROXY_USE_APP_SERVER: 'false',
    FAKE_CODEX_PROTO: 'default',
    ...rawCaptures('proto'),
  });
  const { headers, text } = await server.chat();
  const thinking = join(folder, 'proto/thinking');
  await eventually('a thought', () => textOf(thinking).includes('THINKING'));
  expect(text).not.toContain('THINKING');
  for (const record of recordsOf(thinking)) expect(record.req_id).toBe(headers['x-request-id']);
  expect(filesOf(thinking)).toEqual(['responses-thinking-raw.ndjson']);
  await eventually('the lines', () => filesOf(join(folder, 'proto/lines')).length > 0);
  expect(filesOf(join(folder, 'proto/lines'))).toEqual(['app-server-raw.ndjson']);
});

test('P-206 P-209 outside of development there is no such file', async () => {
  const server = await serve({ PROXY_ENV: 'local', PROXY_LOG_PROTO: 'true', ...rawCaptures('local') });
  await server.chat();
  expect([filesOf(join(folder, 'local')), existsSync(traceOf(server))]).toEqual([[], false]);
  expect(server.gateway.lines.all.join('\n')).toContain('PROXY_LOG_PROTO has no effect without PROXY_ENV=dev');
});
