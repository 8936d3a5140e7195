/** The log of a gateway: what each line is, what is told of requests and workers, and what never stands in it. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LogEvent, logEvents } from '../../actors/log-events.ts';
import { logFields } from '../../actors/log-fields.ts';
import { readLogLine } from '../log-text.ts';
import { marker } from '../provider/scenario.ts';
import { eventually } from './eventually.ts';
import { operate, scratch } from './operator.ts';
import { chatText, framesOf, type Loose, lookupUser, serve, type Server, startServer } from './server.ts';
import { ended } from './start.ts';

const key = `key-${randomBytes(8).toString('hex')}`;
const asked = `frage${randomBytes(6).toString('hex')}`;
const answered = `geheim${randomBytes(6).toString('hex')}`;
const block = `<tool_call>{"name":"lookup_user","arguments":{"id":"${answered}"}}</tool_call>`;
const prompt = `${asked} ${marker('text', { text: `${answered} ${block}` })}`;
const messages = [{ role: 'user', content: prompt }];
const flat = { type: 'function', name: 'lookup_user', parameters: { type: 'object', properties: {} } };
const folder = mkdtempSync(join(tmpdir(), 'codex-actors-logs-'));
const accessFile = join(folder, 'access.ndjson');

let server: Server;
const ids: Record<string, string> = {};
const eventsOf = (name: LogEvent): readonly Loose[] => server.gateway.logged.filter(({ event }) => event === name);
const access = (id: string | undefined): Promise<Loose> =>
  eventually(`the access line of ${id}`, () => eventsOf('access_log').find(({ req_id }) => req_id === id));

beforeAll(async () => {
  const env = {
    PROXY_ENV: 'dev',
    PROXY_API_KEY: key,
    PROXY_LOG_CORS_ORIGIN: 'true',
    PROXY_SANITIZE_METADATA: 'true',
    PROXY_TEXT_TOOL_CALLS: 'true',
  };
  server = await startServer({ ...env, PROXY_SSE_MAX_CONCURRENCY: '1', ACCESS_LOG_PATH: accessFile });
  const note = (name: string, { headers }: { readonly headers: Loose }): void => {
    ids[name] = String(headers['x-request-id']);
  };
  const tools = [lookupUser];
  note(
    'chat stream',
    await server.chat({ messages, stream: true, tools }, { traceparent: `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01` }),
  );
  const calling = marker('tool', { name: 'lookup_user', args: JSON.stringify({ id: answered }) });
  note('call', await server.chat({ messages: [{ role: 'user', content: calling }], tools }));
  note('chat', await server.chat({ messages, tools }));
  note('responses stream', await server.resp({ input: prompt, stream: true, tools: [flat] }));
  note('responses', await server.resp({ input: messages, metadata: { [asked]: asked } }));
  note(
    'failed',
    await server.chat({ messages: [{ role: 'user', content: `${asked} ${marker('status', { code: '500' })}` }] }),
  );
  note('memories', await server.resp({ input: `<recent_conversations>${asked}</recent_conversations>` }));
  note('no model', await server.chat({ messages, model: 'nothing-like-it' }));
  note('no json', await server.post('/v1/responses', `{"input":"${asked}"`));
  note('no key', await server.send('POST', '/v1/responses', { authorization: `Bearer ${asked}` }, '{}'));
  note('no route', await server.get(`/nothing/${key}?secret=${asked}`, { 'user-agent': `curl ${key}` }));
  note('options', await server.send('OPTIONS', '/v1/chat/completions', { origin: 'https://a.example' }));
  note('usage', await server.chat({ messages: [{ role: 'user', content: 'usage today' }] }));
});
afterAll(async () => {
  await server.gateway.kill();
  rmSync(folder, { recursive: true, force: true });
});

test('P-201 every line of stdout but one is an object with the fields of its event', async () => {
  const plain = server.gateway.lines.stdout.filter((line) => !line.startsWith('{'));
  expect(plain).toEqual([expect.stringMatching(/listening on http:\/\/.*:(\d+)\/v1/)]);
  expect(server.gateway.stderr).toEqual([]);
  for (const line of server.gateway.lines.stdout.filter((one) => one.startsWith('{'))) {
    const { timestamp, ts, ts_ms, level, component, event, maintenance_mode: _, ...facts } = readLogLine(line) as Loose;
    expect([new Date(ts).toISOString(), ts]).toEqual([timestamp, ts_ms]);
    expect(['debug', 'info', 'warn', 'error']).toContain(level);
    const entry = logEvents[event as LogEvent];
    expect(entry, event).toMatchObject({ component });
    for (const name of Object.keys(facts)) {
      expect(entry.fields as readonly string[], event).toContain(name);
      expect(logFields).toHaveProperty(name);
    }
  }
  expect(eventsOf('worker_ready')[0]).toMatchObject({ worker_state: 'ready', restart_count: 0 });
});

test('P-202 each request has one line of access, those with OPTIONS too, and never the key', async () => {
  for (const id of Object.values(ids)) await access(id);
  expect(new Set(eventsOf('access_log').map(({ req_id }) => req_id)).size).toBe(eventsOf('access_log').length);
  const stream = await access(ids['chat stream']);
  expect(stream).toMatchObject({
    ...{ method: 'POST', route: '/v1/chat/completions', status: 200, mode: 'chat_stream', model: 'codex-5' },
    ...{ auth: 'present', authorized: true, copilot_detected: false, copilot_trace_source: 'generated', stream: true },
    ...{ trace_id: 'a1'.repeat(16), outcome: 'ok', ua: expect.any(String), client_ip: '127.0.0.1' },
  });
  expect(stream.dur_ms).toBe(stream.latency_ms);
  expect([stream.tokens_prompt > 0, stream.tokens_response > 0]).toEqual([true, true]);
  expect(await access(ids['failed'])).toMatchObject({ status: 502, error_code: 'upstream_error', retryable: true });
  expect(await access(ids['no model'])).toMatchObject({ status: 404, error_code: 'model_not_found', retryable: false });
  expect(await access(ids['no key'])).toMatchObject({ status: 401, auth: 'present', authorized: false });
  expect(await access(ids['no route'])).toMatchObject({
    route: 'other',
    path: '/nothing/[secret]',
    ua: 'curl [secret]',
  });
  expect(await access(ids['options'])).toMatchObject({ method: 'OPTIONS', status: 204, auth: 'none' });
  await eventually('the file of access', () => readFileSync(accessFile, 'utf8').includes(ids['usage'] ?? '?'));
  expect(
    readFileSync(accessFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes(ids['chat'] ?? '?')),
  ).toHaveLength(1);
  expect(server.gateway.lines.all.filter((line) => line.includes(key))).toEqual([]);
  expect(readFileSync(accessFile, 'utf8')).not.toContain(key);
});

test('P-203 the other events have their names', async () => {
  // A second stream beside one that hangs.
  const hanging = server
    .chat({ messages: [{ role: 'user', content: marker('hang') }], stream: true })
    .catch(() => null);
  await eventually('a stream', () => eventsOf('sse_guard_acquire').length > eventsOf('sse_guard_release').length);
  expect((await server.chat({ stream: true })).status).toBe(429);
  const wanted: readonly LogEvent[] = [
    ...(['cors_preflight', 'worker_spawned', 'worker_ready', 'ingress_guardrail_injected'] as const),
    ...([
      'responses_ingress_raw',
      'responses_ingress_normalized',
      'responses_tools_projection',
      'sse_summary',
    ] as const),
    ...([
      'tool_call_arguments_done',
      'chat_transform_summary',
      'responses_transform_summary',
      'finish_reason',
    ] as const),
    ...(['sanitizer_toggle', 'tool_buffer', 'sse_guard_acquire', 'sse_guard_reject', 'sse_guard_release'] as const),
  ];
  for (const name of wanted) await eventually(name, () => eventsOf(name).length > 0);
  const about = (name: LogEvent, id: string): Loose => eventsOf(name).find(({ req_id }) => req_id === ids[id]);
  expect(about('responses_transform_summary', 'responses')).toMatchObject({
    output_text_bytes: expect.any(Number),
    output_text_hash: expect.stringMatching(/^[\da-f]{64}$/),
    finish_reason: 'stop',
  });
  expect(about('responses_tools_projection', 'responses stream')).toMatchObject({
    ingress_tool_count: 1,
    turn_tool_count: 1,
  });
  expect(about('responses_ingress_raw', 'responses')).toMatchObject({
    input_message_roles: ['user'],
    metadata_key_count: 1,
  });
  expect(about('tool_call_arguments_done', 'call')).toMatchObject({
    tool_name: 'lookup_user',
    tool_args_json_valid: true,
  });
  await server.gateway.kill();
  await hanging;
});

test('P-203 the life of workers, and that somebody has to sign in', async () => {
  const dying = await serve(
    { FAKE_CODEX_HANDSHAKE_MODE: 'exit', WORKER_RESTART_MAX: '1', WORKER_BACKOFF_INITIAL_MS: '20' },
    { ready: false },
  );
  const line = await dying.gateway.until((text) => text.includes(' worker_restart_limit '));
  expect(line).toContain(' worker_state=open restart_count=1');
  const names = dying.gateway.logged.map(({ event }) => event);
  expect(names).toEqual(expect.arrayContaining(['worker_spawned', 'worker_exit', 'worker_restart_scheduled']));
  expect(
    dying.gateway.logged.find(({ event }) => event === 'worker_restart_scheduled')?.['backoff_ms'],
  ).toBeGreaterThan(0);
  dying.gateway.signal('SIGTERM');
  await dying.gateway.until((text) => text.includes(' shutdown_complete'));
  const alone = await serve({ FAKE_CODEX_SIGNED_OUT: 'true' });
  expect((await alone.chat()).status).toBe(401);
  await alone.gateway.until((text) => text.includes(' auth_required ') && text.includes('error_code=invalid_api_key'));
});

test('P-204 P-205 W-59 neither prompt nor answer nor secret is in any line, in development too', async () => {
  for (const line of server.gateway.lines.all)
    for (const secret of [asked, answered, key]) expect(line).not.toContain(secret);
  const { code, stderr } = await ended({
    NODE_ENV: 'production',
    PROXY_ENV: '',
    PROXY_LOG_REDACT: 'false',
    PROXY_API_KEY: key,
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining('Unsafe production configuration: PROXY_LOG_REDACT')]);
});

test.for([
  [{ PROXY_ENV: 'dev' }, false],
  [{ PROXY_ENV: 'local', PROXY_LOG_REDACT: 'false' }, false],
  [{ PROXY_ENV: 'dev', PROXY_LOG_REDACT: 'false', PROXY_DEBUG_WIRE: 'true' }, true],
] as const)('P-205 W-59 with %j words in clear: %s', async ([env, isClear]) => {
  const clear = await serve({ ...env, PROXY_API_KEY: key });
  const { text, headers } = await clear.chat({ messages, stream: true });
  expect(chatText(framesOf(text))).toContain(answered);
  await clear.gateway.until((line) => line.includes(' access_log ') && line.includes(String(headers['x-request-id'])));
  const wire = join(clear.gateway.folder, 'wire.ndjson');
  const told = (): string =>
    `${clear.gateway.lines.all.join('\n')}${existsSync(wire) ? readFileSync(wire, 'utf8') : ''}`;
  if (isClear) await eventually('the prompt', () => told().includes(asked));
  else expect([told().includes(asked), told().includes(answered)]).toEqual([false, false]);
  expect(told()).not.toContain(key);
});

test('P-211 W-48 how many lines there are does not depend on how long an answer is', async () => {
  const talking = await serve();
  const linesFor = async (n: string): Promise<number> => {
    const answer = await talking.resp({ input: marker('burst', { n }), stream: true });
    const id = String(answer.headers['x-request-id']);
    await talking.gateway.until((line) => line.includes(' access_log ') && line.includes(id));
    return talking.gateway.journal.filter((line) => line.includes(id)).length;
  };
  const [few, many] = [await linesFor('10'), await linesFor('1000')];
  expect([few, many <= 5]).toEqual([many, true]);
});

test('P-207 a script prints what is known of one request', async () => {
  const at = scratch();
  const file = (name: string): string => join(at, name);
  const traced = await serve({
    ...{ PROXY_ENV: 'dev', PROXY_API_KEY: key, ACCESS_LOG_PATH: file('access.log') },
    ...{ PROTO_LOG_PATH: file('wire.ndjson'), TOKEN_LOG_PATH: file('usage.ndjson') },
  });
  const id = String((await traced.chat({ messages })).headers['x-request-id']);
  await traced.chat();
  const env = {
    ACCESS_LOG_PATH: file('access.log'),
    PROTO_LOG_PATH: file('wire.ndjson'),
    TOKEN_LOG_PATH: file('usage.ndjson'),
  };
  await eventually('the files', () =>
    Object.values(env).every((path) => existsSync(path) && readFileSync(path, 'utf8').includes(id)),
  );
  const { code, stdout } = await operate('trace.ts', [id, '--json'], { env });
  const records = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Loose);
  expect([code, new Set(records.map(({ source }) => source))]).toEqual([0, new Set(['access', 'wire', 'usage'])]);
  expect(new Set(records.map(({ req_id }) => req_id))).toEqual(new Set([id]));
  const [text, none, wrong, dry] = await Promise.all([
    operate('trace.ts', [id], { env }),
    operate('trace.ts', ['req_00000000'], { env }),
    operate('trace.ts', ['a b'], { env }),
    operate('trace.ts', [id, '--dry-run'], { env }),
  ]);
  expect(text.stdout).toMatch(/ {2}access {2}access_log {2}.*status=200/);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('no record of req_00000000 in ')]);
  expect([wrong.code, dry.code, dry.stdout.includes(`would read access: ${env.ACCESS_LOG_PATH}`)]).toEqual([
    2,
    0,
    true,
  ]);
});
