/** The legacy mode: one `codex proto` process a request, and what each of its fakes has to come to. */

import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { greeting, toolText } from '../proto/variants.ts';
import { ask } from '../raw-client.ts';
import {
  type Answer,
  chatText,
  type Fields,
  framesOf,
  type Loose,
  responsesText,
  type Server,
  serve,
} from './server.ts';

const shim = join(import.meta.dirname, '../proto/main.ts');

/** The head of a stream waits for its first output: each request starts a process, which takes its time. */
const legacy = (variant: string, env: Readonly<Record<string, string>> = {}): Promise<Server> =>
  serve({
    CODEX_BIN: shim,
    PROXY_USE_APP_SERVER: 'false',
    PROXY_SSE_HEAD_DELAY_MS: '60000',
    FAKE_CODEX_PROTO: variant,
    ...env,
  });

const scripted = (events: readonly unknown[], env: Readonly<Record<string, string>> = {}): Promise<Server> =>
  legacy('script', { FAKE_CODEX_PROTO_SCRIPT: JSON.stringify(events), ...env });

const withUsage = { stream_options: { include_usage: true } };

interface Told {
  readonly text: string;
  readonly finish: string;
  readonly usage: Loose;
}

/** The same answer in all four ways to read one. */
async function everyWay(server: Server, extra: Fields = {}): Promise<readonly Told[]> {
  const chat = (await server.chat(extra)).json;
  const chunks = await server.chatFrames({ ...withUsage, ...extra });
  const whole = (await server.resp(extra)).json;
  const events = await server.respFrames(extra);
  const last = events.at(-1)?.response;
  const ofResponse = (response: Loose, text: string): Told => ({
    text,
    finish: response?.status === 'completed' ? 'stop' : (response?.incomplete_details?.reason ?? response?.status),
    usage: [response?.usage?.input_tokens, response?.usage?.output_tokens],
  });
  const texts = (whole?.output ?? []).flatMap((item: Loose) => (item.content ?? []).map((part: Loose) => part.text));
  const ofChat = (choice: Loose, usage: Loose, text: string): Told => ({
    text,
    finish: choice?.finish_reason,
    usage: [usage?.prompt_tokens, usage?.completion_tokens],
  });
  return [
    ofChat(chat?.choices?.[0], chat?.usage, chat?.choices?.[0]?.message?.content),
    ofChat(
      chunks.find((frame) => frame.choices?.[0]?.finish_reason)?.choices[0],
      chunks.findLast((frame) => frame.usage)?.usage,
      chatText(chunks),
    ),
    ofResponse(whole, texts.join('')),
    ofResponse(last, responsesText(events)),
  ];
}

/** Every way tells this. */
const agreed = (told: readonly Told[], text: string, usage: readonly [number, number], finish = 'stop'): void => {
  const ofResponses = finish === 'length' ? 'max_output_tokens' : finish;
  expect(told).toEqual([
    { text, finish, usage },
    { text, finish, usage },
    { text, finish: ofResponses, usage },
    { text, finish: ofResponses, usage },
  ]);
};

/** The same failure in all four ways; a stream tells `text` before it. */
async function failsEveryWay(server: Server, status: number, code: string, text = ''): Promise<void> {
  const bodies: Answer[] = [await server.chat(), await server.resp()];
  for (const body of bodies) expect([body.status, body.json.error.code]).toEqual([status, code]);
  const chat = await server.chat({ stream: true });
  const responses = await server.resp({ stream: true });
  if (text === '') {
    for (const body of [chat, responses])
      expect([body.status, body.json?.error?.code ?? body.text]).toEqual([status, code]);
    return;
  }
  const chunks = framesOf(chat.text);
  expect([chatText(chunks), chunks.at(-1)?.error?.code]).toEqual([text, code]);
  expect(chat.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  const events = framesOf(responses.text);
  expect([responsesText(events), events.at(-1)?.type, events.at(-1)?.response?.error?.code]).toEqual([
    text,
    'response.failed',
    code,
  ]);
}

/** Of a body, or at the end of a stream whose head was sent meanwhile. */
const failureOf = ({ json, text }: Answer): string => {
  const last = framesOf(text).at(-1);
  return (json ?? last?.response ?? last)?.error?.code;
};

const gone = async (pid: number): Promise<void> => {
  const giveUp = Date.now() + 5_000;
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    if (Date.now() > giveUp) throw new Error(`process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

const appears = async (path: string): Promise<string> => {
  const giveUp = Date.now() + 10_000;
  while (!existsSync(path) || readFileSync(path, 'utf8') === '') {
    if (Date.now() > giveUp) throw new Error(`${path} did not appear`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return readFileSync(path, 'utf8');
};

/** For the files of one test. */
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'codex-actors-proto-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what each fake comes to', () => {
  test('P-176 P-263 shim default: the answer, with its usage, and no thought of it', async () => {
    const server = await legacy('default');
    agreed(await everyWay(server), greeting, [8, 6]);
    expect((await server.chat()).text).not.toContain('THINKING');
  });

  test('P-176 P-263 shim -hang: idle, whole and streamed, each by its own limit', async () => {
    const whole = await legacy('hang', { PROXY_PROTO_IDLE_MS: '200', PROXY_IDLE_TIMEOUT_MS: '60000' });
    expect((await whole.chat()).json.error.code).toBe('idle_timeout');
    expect((await whole.resp()).status).toBe(504);
    const streamed = await legacy('hang', {
      // Long enough for the process to say who it is.
      PROXY_STREAM_IDLE_TIMEOUT_MS: '3000',
      CHILD_PID_FILE: join(folder, 'pid'),
    });
    expect(failureOf(await streamed.chat({ stream: true }))).toBe('idle_timeout');
    await gone(Number(await appears(join(folder, 'pid'))));
    expect(failureOf(await streamed.resp({ stream: true }))).toBe('idle_timeout');
  });

  test('P-176 P-263 shim -stream-hang: text, then idle', async () => {
    const env = { PROXY_PROTO_IDLE_MS: '1500', PROXY_STREAM_IDLE_TIMEOUT_MS: '1500' };
    await failsEveryWay(await legacy('stream-hang', env), 504, 'idle_timeout', 'Hello ');
  });

  test.each([
    ['length', 'length'],
    ['stop', 'stop'],
    ['banana', 'stop'],
  ])('P-176 P-263 shim -no-complete: its last count says %s', async (said, finish) => {
    agreed(await everyWay(await legacy('no-complete', { FAKE_CODEX_FINISH_REASON: said })), greeting, [8, 6], finish);
  });

  test('P-176 P-263 shim -token-count-only: usage 11 and 7', async () => {
    const server = await legacy('token-count-only');
    agreed(await everyWay(server), greeting, [11, 7]);
    expect((await server.chatFrames(withUsage)).at(-1)?.usage.emission_trigger).toBe('token_count');
  });

  test('P-176 P-263 shim -provider-usage: usage 9 and 5, streamed only if asked for', async () => {
    const server = await legacy('provider-usage');
    agreed(await everyWay(server), greeting, [9, 5]);
    expect((await server.chatFrames()).every((frame) => frame.usage === null)).toBe(true);
    expect((await server.chatFrames(withUsage)).at(-1)?.usage.emission_trigger).toBe('provider');
  });

  test('P-176 P-263 shim -tools: where text is text, it is all there in its order', async () => {
    const server = await legacy('tools', { PROXY_OUTPUT_MODE: 'openai-json' });
    for (const { text } of await everyWay(server)) expect(text).toBe(toolText);
  });

  const block = toolText.slice(toolText.indexOf('<use_tool>'), toolText.indexOf(' AFTER'));
  const called = { name: 'web.search', arguments: '{"path":"notes.md","query":"codex"}' };

  test.each([
    ['false', ' AFTER_TOOL_TEXT'],
    ['true', ''],
  ])('P-139 P-176 P-263 shim -tools: one block, one call, the tail suppressed: %s', async (suppressed, tail) => {
    const server = await legacy('tools', {
      PROXY_OUTPUT_MODE: 'obsidian-xml',
      PROXY_SUPPRESS_TAIL_AFTER_TOOLS: suppressed,
    });
    const [choice] = (await server.chat()).json.choices;
    expect([choice.finish_reason, choice.message.content]).toEqual(['tool_calls', `Before ${block}${tail}`]);
    expect(choice.message.tool_calls).toMatchObject([{ type: 'function', function: called }]);
    const frames = await server.chatFrames();
    expect(frames.flatMap((frame: Loose) => frame.choices[0]?.delta?.content || [])).toEqual(
      ['Before ', block, tail].filter((text) => text !== ''),
    );
    expect(frames.findLast((frame: Loose) => frame.choices[0])?.choices[0].finish_reason).toBe('tool_calls');
  });

  test('P-176 P-263 shim -long: all ticks, then the end', async () => {
    const env = { FAKE_CODEX_STREAM_TICKS: '20', FAKE_CODEX_STREAM_INTERVAL_MS: '5' };
    const ticks = Array.from({ length: 20 }, (_, index) => `tick-${index} `).join('');
    agreed(await everyWay(await legacy('long', env)), ticks, [8, 50]);
  });

  test('P-176 P-263 shim -long: until the release file is there', async () => {
    const [ready, release] = [join(folder, 'ready'), join(folder, 'release')];
    const server = await legacy('long', {
      STREAM_READY_FILE: ready,
      STREAM_RELEASE_FILE: release,
      FAKE_CODEX_STREAM_INTERVAL_MS: '5',
    });
    const answer = server.chat({ stream: true });
    await appears(ready);
    writeFileSync(release, '');
    const frames = framesOf((await answer).text);
    expect(chatText(frames)).toMatch(/^tick-0 /);
    expect(frames.some((frame) => frame.choices[0]?.finish_reason === 'stop')).toBe(true);
  });

  test('P-176 an exit before any event fails that request alone', async () => {
    const server = await legacy('exit');
    await failsEveryWay(server, 503, 'worker_exited');
    const { json } = await server.get('/readyz');
    expect([json.ok, json.health.readiness.details.restarts_total]).toEqual([true, 0]);
  });

  test('P-176 a CLI without proto: 503 proto_unsupported, with an explanation, and not to be repeated', async () => {
    const server = await legacy('unsupported');
    await failsEveryWay(server, 503, 'proto_unsupported');
    const { json, headers } = await server.chat();
    expect(json.error.message).toMatch(/PROXY_USE_APP_SERVER=true/);
    expect(headers['x-should-retry']).toBe('false');
  });

  test('P-176 the pinned CLI has no proto: said at the start, and in each answer', async () => {
    const server = await serve({ CODEX_BIN: '', PROXY_USE_APP_SERVER: 'false' });
    expect((await server.chat()).json.error.code).toBe('proto_unsupported');
    expect(server.gateway.journal.join('\n')).toContain('set CODEX_BIN to a program that has it');
  });

  test('P-176 lines that are no JSON are the answer, without their colours', async () => {
    const told = await everyWay(await legacy('text'));
    for (const { text } of told) expect(text).toBe('Hello from plain text.\n\nSecond paragraph.');
  });

  test('P-176 two events in one chunk, one over many, CRLF', async () => {
    agreed(await everyWay(await legacy('chunks')), greeting, [8, 6]);
  });
});

describe('what is asked and told', () => {
  test('P-70 P-176 arguments and the one line of input', async () => {
    const capture = join(folder, 'capture');
    const server = await legacy('default', {
      FAKE_CODEX_PROTO_CAPTURE: capture,
      CODEX_MODEL: 'gpt-5.2',
      CODEX_FORCE_PROVIDER: 'mine',
    });
    await server.chat({
      reasoning_effort: 'low',
      parallel_tool_calls: false,
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'Two\nlines "quoted"' },
        { role: 'assistant', content: 'Yes.' },
        { role: 'user', content: [{ type: 'text', text: 'Go on.' }] },
      ],
    });
    const { args, line } = JSON.parse(readFileSync(capture, 'utf8'));
    expect(args[0]).toBe('proto');
    const pairs = args.slice(1).filter((arg: string) => arg !== '--config');
    expect(args.length).toBe(1 + 2 * pairs.length);
    expect(pairs).toEqual(
      expect.arrayContaining([
        'preferred_auth_method="chatgpt"',
        'project_doc_max_bytes=0',
        'history.persistence="none"',
        'tools.web_search=false',
        'sandbox_mode="read-only"',
        'model="gpt-5.2"',
        'model_provider="mine"',
        'parallel_tool_calls=false',
        'model_reasoning_effort="low"',
        'reasoning.effort="low"',
      ]),
    );
    const { id, op } = JSON.parse(line);
    expect(id).toBeTruthy();
    expect(op).toEqual({
      type: 'user_input',
      items: [
        {
          type: 'text',
          text: '[developer] Be short.\n[user] Two\nlines "quoted"\n[assistant] Yes.\n[user] Go on.',
        },
      ],
    });
  });

  test('P-99 P-176 one request is one process', async () => {
    const capture = join(folder, 'capture');
    const server = await legacy('default', { FAKE_CODEX_PROTO_CAPTURE: capture });
    await everyWay(server);
    expect(readFileSync(capture, 'utf8').trimEnd().split('\n')).toHaveLength(4);
  });

  test('P-106 P-176 a function call is a tool call with an id of its own', async () => {
    const called = { name: 'lookup_user', arguments: '{"id":"42"}' };
    const server = await scripted([
      { type: 'agent_message', message: { role: 'assistant', content: null, function_call: called } },
      { type: 'task_complete' },
    ]);
    const functions = [{ name: 'lookup_user', parameters: { type: 'object' } }];
    const { choices } = (await server.chat({ functions })).json;
    const call = { id: 'tool_0_0', type: 'function', function: called };
    expect(choices[0].finish_reason).toBe('tool_calls');
    expect(choices[0].message).toMatchObject({ content: null, tool_calls: [call], function_call: called });
    const frames = await server.chatFrames({ functions });
    const pieces = frames.flatMap((frame) => frame.choices[0]?.delta?.tool_calls ?? []);
    expect(pieces[0].id).toBe('tool_0_0');
    expect(pieces.map((piece) => piece.function?.arguments ?? '').join('')).toBe(called.arguments);
    const item = { type: 'function_call', call_id: 'tool_0_0', ...called };
    expect((await server.resp({ tools: [{ type: 'function', name: 'lookup_user' }] })).json.output).toMatchObject([
      item,
    ]);
  });

  test('P-176 tool calls in pieces add up', async () => {
    const piece = (call: object): object => ({
      type: 'agent_message_delta',
      delta: { tool_calls: [{ index: 0, ...call }] },
    });
    const server = await scripted([
      { type: 'agent_message_delta', delta: { content: 'Looking.' } },
      piece({ id: 'call_a', function: { name: 'lookup_user', arguments: '{"id"' } }),
      piece({ function: { arguments: ':"42"}' } }),
      { type: 'task_complete' },
    ]);
    const [choice] = (await server.chat()).json.choices;
    expect([choice.finish_reason, choice.message.content]).toEqual(['tool_calls', 'Looking.']);
    expect(choice.message.tool_calls).toEqual([
      { id: 'call_a', type: 'function', function: { name: 'lookup_user', arguments: '{"id":"42"}' } },
    ]);
  });

  test('P-88 P-176 events keep their own choice', async () => {
    const server = await scripted([
      { type: 'agent_message_delta', choice_index: 0, delta: 'zero' },
      { type: 'agent_message_delta', choice_index: 1, delta: 'one' },
      { type: 'agent_message', choice_index: 1, message: 'one' },
      { type: 'agent_message', choice_index: 0, message: 'zero' },
      { type: 'task_complete' },
    ]);
    const { choices } = (await server.chat({ n: 2 })).json;
    expect(choices.map((choice: Loose) => choice.message.content)).toEqual(['zero', 'one']);
    expect((await server.chat()).json.choices[0].message.content).toBe('zero');
  });

  test('P-176 an error is told at once, in words for clients', async () => {
    const server = await scripted([
      { type: 'task_started' },
      { type: 'error', message: 'You have hit your usage limit.' },
    ]);
    await failsEveryWay(server, 429, 'insufficient_quota');
  });
});

describe('the processes', () => {
  test('P-176 the process is stopped after the answer', async () => {
    const server = await legacy('default', { CHILD_PID_FILE: join(folder, 'pid') });
    expect((await server.chat()).status).toBe(200);
    await gone(Number(readFileSync(join(folder, 'pid'), 'utf8')));
  });

  test.each([['false'], ['true']])(
    'P-168 P-176 the process is killed when the client leaves, PROXY_KILL_ON_DISCONNECT=%s',
    async (kill) => {
      const [pid, ready] = [join(folder, 'pid'), join(folder, 'ready')];
      const server = await legacy('stream-hang', {
        CHILD_PID_FILE: pid,
        STREAM_READY_FILE: ready,
        PROXY_KILL_ON_DISCONNECT: kill,
      });
      const leaving = new AbortController();
      const request = fetch(`${server.gateway.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { ...server.gateway.withKey, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'codex-5', stream: true, messages: [{ role: 'user', content: 'x' }] }),
        signal: leaving.signal,
      });
      await appears(ready);
      await request;
      leaving.abort();
      await gone(Number(readFileSync(pid, 'utf8')));
      expect((await server.get('/readyz')).json.health.readiness.details.restarts_total).toBe(0);
    },
  );

  test('P-171 P-176 a process that dies costs its own request only', async () => {
    const server = await scripted([{ type: 'agent_message_delta', delta: 'Hello ' }, { exit: 9 }]);
    await failsEveryWay(server, 503, 'worker_exited', 'Hello ');
    expect((await server.get('/readyz')).status).toBe(200);
  });

  test('P-176 a drain lets the process finish, and leaves none behind', async () => {
    const [pid, ready, release] = ['pid', 'ready', 'release'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const server = await legacy('long', {
      CHILD_PID_FILE: pid,
      STREAM_READY_FILE: ready,
      STREAM_RELEASE_FILE: release,
      FAKE_CODEX_STREAM_INTERVAL_MS: '5',
    });
    const answer = server.chat();
    await appears(ready);
    server.gateway.signal('SIGTERM');
    await server.gateway.until((line) => line.includes(' shutdown_initiated '));
    writeFileSync(release, '');
    expect((await answer).json.choices[0].finish_reason).toBe('stop');
    expect(await server.gateway.exited).toEqual({ code: 0, signal: null });
    await gone(Number(readFileSync(pid, 'utf8')));
  });

  test('P-176 health: ready while the program can be found', async () => {
    const server = await legacy('default');
    const { json } = await server.get('/healthz');
    expect(json).toMatchObject({ ok: true, backend_mode: 'proto', app_server_enabled: false });
    const missing = await serve({ CODEX_BIN: '/nonexistent/codex', PROXY_USE_APP_SERVER: 'false' }, { ready: false });
    expect((await missing.get('/readyz')).status).toBe(503);
    expect((await missing.get('/healthz')).json).toMatchObject({ ok: false, backend_mode: 'proto' });
  });
});

describe('what the start says', () => {
  test.each([
    ['true', 'app-server'],
    ['false', 'proto'],
  ])('P-24 PROXY_USE_APP_SERVER=%s', async (value, mode) => {
    const server = value === 'true' ? await serve({ PROXY_USE_APP_SERVER: value }) : await legacy('default');
    const lines = server.gateway.journal.filter((line) => line.includes(' backend '));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(` mode=${mode} set_by="PROXY_USE_APP_SERVER=${value}"`);
  });

  test('P-246 P-263 a name chooses the fake, never the mode', async () => {
    const named = join(folder, 'fake-codex-proto-provider-usage.ts');
    symlinkSync(shim, named);
    const right = await serve({ CODEX_BIN: named, PROXY_USE_APP_SERVER: 'false' });
    expect((await right.chat()).json.usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 5 });
    const wrong = await serve({ CODEX_BIN: named }, { ready: false });
    expect(wrong.gateway.journal.join('\n')).toContain('set PROXY_USE_APP_SERVER=false');
    expect((await ask(wrong.port, '/healthz')).text).toContain('"backend_mode":"app-server"');
  });
});
