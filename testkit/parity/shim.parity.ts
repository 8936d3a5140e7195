/** The scripted app-server behind the gateway: what every mode and knob of it yields, in all four ways to read an answer. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shimModes } from '../app-server/shim-settings.ts';
import { type Loose, lookupUser, serve, type Server } from './server.ts';
import { chatStream, chatWhole, read, readAll, type Reading, type Way, ways } from './ways.ts';
import { recordsIn } from './written-lines.ts';

type Env = Readonly<Record<string, string>>;
type Expected = Partial<Reading>;

const lookup = 'lookup_user {"id":"42"}';
const send = 'send_email {"id":"42"}';
const block = '<use_tool>\n  <name>lookup_user</name>\n  <id>ユーザー-12345</id>\n</use_tool>';

const said = (text: string, tokens: Reading['tokens'], finish = 'stop'): Expected => ({
  status: 200,
  text,
  calls: [],
  finish,
  tokens,
  error: null,
});
const called = (...calls: readonly string[]): Expected => ({
  status: 200,
  text: '',
  calls,
  finish: 'tool_calls',
  tokens: [8, 16],
  error: null,
});
const refused = (status: number, error: string): Expected => ({ status, text: '', calls: [], finish: null, error });

const quick: Env = {
  // The head of a stream waits for its first output, however slow the machine is.
  PROXY_SSE_HEAD_DELAY_MS: '60000',
  FAKE_CODEX_STREAM_INTERVAL_MS: '5',
  FAKE_CODEX_STREAM_TICKS: '3',
  WORKER_BACKOFF_INITIAL_MS: '20',
  WORKER_RESTART_MAX: '50',
};

/** The same in each way. */
const yields = async (env: Env, expected: Expected): Promise<void> => {
  const server = await serve({ ...quick, ...env });
  for (const way of ways) expect(await read(server, way, { tools: true }), way).toMatchObject(expected);
};

describe('modes', () => {
  const modes: readonly (readonly [mode: string, knobs: Env, yielded: Expected])[] = [
    ['', {}, said('Hello from fake-codex.', [8, 6])],
    ['tool_call', {}, called(lookup)],
    ['tool_call', { TOOL_CALL_COUNT: '2' }, called(lookup, send)],
    ['tool_call', { TOOL_ARGUMENT: '{"q":"日本 \\" 👩‍👧"}' }, called('lookup_user {"q":"日本 \\" 👩‍👧"}')],
    ['tool_call', { TOOL_CALL_COUNT: '3', PARALLEL: 'false' }, called(lookup)],
    ['multi_tool_burst', { TOOL_BURST_COUNT: '3' }, called(lookup, send, lookup)],
    ['multi_choice_tool_call', { CHOICE_COUNT: '1' }, called(lookup)],
    ['multi_choice_tool_call', { CHOICE_COUNT: '1', TOOL_CALL_CHOICES: '1' }, said('Choice 0', [8, 2])],
    ['function_call', {}, called(lookup)],
    ['function_then_tool', {}, called(lookup, send)],
    ['textual_tool', {}, said(block, [8, 18])],
    ['textual_tool', { TOOL_XML_CHUNK_SIZE: '5' }, said(block, [8, 18])],
    ['textual_tool', { TRUNCATE_TOOL_XML: '1' }, said(block.slice(0, -7), [8, 16])],
    ['textual_tool_tail', {}, said(`${block} AFTER_TOOL_TEXT`, [8, 22])],
    // A filtered answer is counted by nobody: the numbers are the gateway's estimate.
    ['content_filter', {}, said('', [3, 1], 'content_filter')],
    ['truncation', {}, said('Hello (truncated) from fake-codex.', [5, 9], 'length')],
    ['token_count_only', {}, said('Token-count only stream response.', [8, 9])],
    ['provider_usage', {}, said('Hello from fake-codex.', [8, 6])],
    ['stream_hang', { STREAM_HANG_MS: '50' }, said('Hello (pre-hang)', [8, 4])],
    ['long_stream', {}, said('tick-0 tick-1 tick-2 ', [8, 6])],
    ['error', {}, refused(500, 'worker_error')],
    ['', { FINISH_REASON: 'length' }, said('Hello from fake-codex.', [8, 6], 'length')],
    ['', { FINISH_REASON: 'safety' }, said('Hello from fake-codex.', [3, 6], 'content_filter')],
    ['', { UNAUTHORIZED: '1' }, refused(401, 'invalid_api_key')],
    [
      '',
      { METADATA: '1' },
      said(
        'Hello from fake-codex.\nrollout_path: /app/.codex-api/sessions/fake-rollout\nsession_id: fake-session-123',
        [8, 26],
      ),
    ],
  ];

  test.each(modes)('P-262 mode %j %j', async (mode, knobs, yielded) => {
    const named = Object.entries(knobs).map(([name, value]) => [`FAKE_CODEX_${name}`, value]);
    await yields({ FAKE_CODEX_MODE: mode, ...Object.fromEntries(named) }, yielded);
  });

  test('P-262 every mode has its row', () => {
    const elsewhere = ['multi_choice_tool', 'crash'];
    expect(new Set([...modes.map(([mode]) => mode).filter(Boolean), ...elsewhere])).toEqual(new Set(shimModes));
  });

  test('P-262 mode crash: the first turn dies with its worker, the restarted one answers', async () => {
    const server = await serve({ ...quick, FAKE_CODEX_MODE: 'crash' });
    expect(await read(server, 'responses stream')).toMatchObject({ status: 503, error: 'worker_exited' });
    await server.until('/readyz', 200);
    for (const reading of await readAll(server)) expect(reading).toMatchObject(said('Hello from fake-codex.', [8, 6]));
    expect((await server.get('/readyz')).json.health.readiness.details.restarts_total).toBe(1);
  });

  test('P-262 a worker that dies behind its call has delivered it', async () => {
    const env = { FAKE_CODEX_MODE: 'tool_call', FAKE_CODEX_ERROR_AFTER_FIRST_TOOL: 'true' };
    const server = await serve({ ...quick, ...env });
    for (const [index, way] of ways.entries()) {
      expect(await read(server, way, { tools: true }), way).toMatchObject(called(lookup));
      await server.gateway.until((line) => line.includes(` worker_ready slot=0 epoch=${index + 2} `));
    }
  });

  test('P-262 mode textual_tool, aborted behind its text: what was said stays said', async () => {
    const dead = refused(503, 'worker_exited');
    const env = { FAKE_CODEX_MODE: 'textual_tool', FAKE_CODEX_ABORT_AFTER_TOOL_XML: '1' };
    const server = await serve({ ...quick, ...env });
    for (const way of ways) {
      const reading = await read(server, way);
      // Whether the head is out before the worker is known to be dead is a matter of scheduling; the text is never torn.
      if (reading.status === 200) expect(reading).toMatchObject({ text: block, finish: null, error: 'worker_exited' });
      else expect(reading).toMatchObject(dead);
      await server.until('/readyz', 200);
    }
  });

  test.each<[Way]>(ways.map((way) => [way]))('P-262 a request that hangs, %s', async (way) => {
    const limits = { PROXY_IDLE_TIMEOUT_MS: '300', PROXY_STREAM_IDLE_TIMEOUT_MS: '300' };
    const server = await serve({ FAKE_CODEX_JSONRPC_HANG: 'message', ...limits });
    expect(await read(server, way)).toMatchObject(refused(504, 'idle_timeout'));
  });
});

describe('choices', () => {
  /** Text and calls of each choice. */
  const choices = async (server: Server): Promise<readonly (readonly (readonly [string, readonly string[]])[])[]> => {
    const asked = { n: 2, tools: [lookupUser] };
    const whole = await server.chat(asked);
    const streamed = await server.chat({ ...asked, stream: true });
    const each = (reading: Reading): readonly [string, readonly string[]] => [reading.text, reading.calls];
    return [
      whole.json.choices.map((choice: Loose) =>
        each(chatWhole({ ...whole, json: { choices: [choice], usage: null } })),
      ),
      [0, 1].map((choice) => each(chatStream(streamed, choice))),
    ];
  };

  test('P-262 C-28 mode multi_choice_tool: each choice calls its own tool', async () => {
    const server = await serve({ FAKE_CODEX_MODE: 'multi_choice_tool' });
    const own = [
      ['', ['lookup_user {"id":"42","choice":0}']],
      ['', ['send_email {"id":"43","choice":1}']],
    ] as const;
    expect(await choices(server)).toEqual([own, own]);
  });

  test('P-262 C-28 mode multi_choice_tool_call: only the listed choice calls', async () => {
    const server = await serve({ FAKE_CODEX_MODE: 'multi_choice_tool_call', FAKE_CODEX_TOOL_CALL_CHOICES: '1' });
    const own = [
      ['Choice 0', []],
      ['', [lookup]],
    ] as const;
    expect(await choices(server)).toEqual([own, own]);
  });
});

describe('process', () => {
  test.each([
    ['timeout', 'initialize: expired'],
    ['error', 'initialize: handshake failed (-32603)'],
    ['exit', 'code=1'],
  ])('P-262 handshake %s: not ready, and it says why', async (mode, why) => {
    const limits = {
      WORKER_HANDSHAKE_TIMEOUT_MS: mode === 'timeout' ? '200' : '8000',
      WORKER_BACKOFF_INITIAL_MS: '50',
    };
    const server = await serve({ FAKE_CODEX_HANDSHAKE_MODE: mode, ...limits }, { ready: false });
    await server.gateway.until((line) => line.includes(why));
    expect((await server.get('/readyz')).status).toBe(503);
  });

  test('P-262 a worker that exits by itself is replaced, and each exit is counted', async () => {
    const env = { FAKE_CODEX_WORKER_AUTOEXIT_MS: '300', FAKE_CODEX_WORKER_EXIT_CODE: '3' };
    const server = await serve({ ...quick, ...env });
    const line = await server.gateway.until((seen) => seen.includes(' worker_exit ') && seen.includes(' epoch=1 '));
    expect(line).toContain('code=3');
    await server.gateway.until((seen) => seen.includes(' worker_ready ') && seen.includes(' epoch=2 '));
  });

  test('P-262 P-173 readiness is the handshake, whatever else it says', async () => {
    const env = { FAKE_CODEX_WORKER_READY_DELAY_MS: '100', FAKE_CODEX_WORKER_HEARTBEAT_MS: '5' };
    for (const skip of ['0', '1']) {
      const server = await serve({ ...env, FAKE_CODEX_SKIP_READY: skip });
      const { readiness } = (await server.get('/readyz')).json.health;
      expect(readiness).toMatchObject({ ready: true, reason: 'handshake_complete' });
      expect((await server.chat()).status).toBe(200);
    }
  });

  test('P-262 P-35 its files, and every line of both directions, which hold no key', async () => {
    const folder = await serve({}).then(({ gateway }) => gateway.folder);
    const files = { pid: join(folder, 'pid'), rpcs: join(folder, 'rpcs'), ready: join(folder, 'ready') };
    const release = join(folder, 'release');
    const server = await serve({
      FAKE_CODEX_MODE: 'long_stream',
      FAKE_CODEX_STREAM_INTERVAL_MS: '5',
      FAKE_CODEX_CAPTURE_RPCS: files.rpcs,
      CHILD_PID_FILE: files.pid,
      STREAM_READY_FILE: files.ready,
      STREAM_RELEASE_FILE: release,
      PROXY_API_KEY: 'a-key-of-its-own',
    });
    const [worker] = server.gateway.workers();
    expect(readFileSync(files.pid, 'utf8')).toBe(String(worker?.pid));

    const stream = server.chatFrames();
    await expect.poll(() => readFileSync(files.ready, 'utf8')).toBe(String(worker?.pid));
    writeFileSync(release, '');
    expect((await stream).at(-1).choices[0].finish_reason).toBe('stop');

    const entries = recordsIn(files.rpcs);
    const methods = entries.filter(({ direction }) => direction === 'received').map(({ message }) => message.method);
    expect(methods).toEqual(expect.arrayContaining(['initialize', 'initialized', 'thread/start', 'turn/start']));
    expect(entries.some(({ direction, message }) => direction === 'sent' && message.method === 'turn/completed')).toBe(
      true,
    );
    expect(readFileSync(files.rpcs, 'utf8')).not.toContain('a-key-of-its-own');
  });
});
