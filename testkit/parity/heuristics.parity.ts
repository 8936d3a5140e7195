/** What the gateway makes of signs in a request: titles, warnings, and who Obsidian Copilot is. */

import { expect, onTestFinished, test } from 'vitest';
import { type GatewayEnv, startGateway } from '../gateway.ts';
import { marker } from '../provider/scenario.ts';
import { modelBody, modelItems } from '../provider-view.ts';
import { capture } from './captured.ts';
import { eventually } from './eventually.ts';
import { type Answer, type Headers, type Loose, lookupUser, sayHello, Server, serve } from './server.ts';

async function real(env: GatewayEnv = {}): Promise<Server> {
  const gateway = await startGateway({ PROXY_WORKER_COUNT: '1', ...env });
  onTestFinished(() => gateway.kill());
  return new Server(gateway);
}

/** So many lines of the log, which may come after the answers. */
async function logged({ gateway }: Server, words: string, count: number): Promise<void> {
  const told = (): readonly string[] => gateway.journal.filter((line) => line.includes(words));
  await eventually(`${count} lines of${words}`, () => told().length >= count);
  expect(told()).toHaveLength(count);
}

const user = (content: string) => ({ role: 'user', content });
const titlePrompt =
  'Generate a concise title (max 5 words) for this conversation.\n<conversation_text>\nHello\n</conversation_text>';
const summaryPrompt = 'Write a title and a summary.\n# OUTPUT FORMAT\n{"title": "…", "summary": "…"}';

/** The four ways to ask. */
const ways = (server: Server, prompt: string, more: Loose = {}) => [
  () => server.chat({ messages: [user(prompt)], ...more }),
  () => server.chat({ messages: [user(prompt)], stream: true, ...more }),
  () => server.resp({ input: prompt, ...more }),
  () =>
    server.resp({
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: prompt }] }],
      stream: true,
      ...more,
    }),
];

test('P-214 W-54 a title is an ordinary turn of the title model, in all four ways; the answer has the name that was asked', async () => {
  const server = await real();
  for (const prompt of [titlePrompt, summaryPrompt, 'title? a maximum of five words. conversation: hi']) {
    server.gateway.provider.reset();
    for (const ask of ways(server, prompt, { model: 'gpt-5.5-high' })) {
      const { status, headers, text } = await ask();
      expect([status, headers['openai-model'], headers['x-proxy-model']]).toEqual([200, 'gpt-5.2', 'gpt-6.1-sol']);
      expect(text).toContain('"model":"gpt-5.5-high"');
    }
    const asked = server.gateway.provider.samplings.map(modelBody);
    expect(asked.map(({ model, reasoning }: Loose) => [model, reasoning.effort])).toEqual(
      Array.from({ length: 4 }, () => ['gpt-6.1-sol', 'low']),
    );
  }
  await logged(server, '_title_summary_intercept ', 12);
  // One worker, as before.
  expect(server.gateway.workers()).toHaveLength(1);
});

test('P-214 what only looks like it is not one; the operator chooses model and effort, or nothing', async () => {
  const captured = capture();
  const server = await serve({
    ...captured.env,
    PROXY_TITLE_SUMMARY_EXEC_MODEL: 'gpt-5.5',
    PROXY_TITLE_SUMMARY_EXEC_REASONING_EFFORT: 'high',
  });
  for (const prompt of ['a concise title', 'conversation: title', '"title": "x" summary', 'Say hello.']) {
    for (const ask of ways(server, prompt)) expect((await ask()).headers['openai-model']).toBeUndefined();
  }
  const plain = captured.requests('thread/start').length;
  expect((await server.chat({ messages: [user(titlePrompt)] })).headers['openai-model']).toBe('gpt-5.5');
  expect(
    captured
      .requests('thread/start')
      .slice(plain)
      .map(({ model }) => model),
  ).toEqual(['gpt-5.5']);
  expect(captured.requests('turn/start').at(-1).effort).toBe('high');

  const off = await serve({ PROXY_TITLE_GEN_INTERCEPT: 'false' });
  for (const ask of ways(off, titlePrompt)) {
    const { headers } = await ask();
    expect([headers['openai-model'], headers['x-proxy-model']]).toEqual([undefined, 'gpt-6.1-sol']);
  }
});

test('P-214 a title that fails is a 502, in all four ways', async () => {
  // The head of a stream waits for the failure, however slow the machine is.
  const server = await real({ PROXY_SSE_HEAD_DELAY_MS: '60000' });
  for (const ask of ways(server, `${titlePrompt} ${marker('status', { code: 500 })}`)) {
    const { status, headers, json } = await ask();
    expect([status, headers['openai-model'], json.error]).toEqual([
      502,
      'gpt-5.2',
      { message: 'title/summary exec failed', type: 'server_error', param: null, code: 'internal_error' },
    ]);
  }
});

test('P-214 W-54 a title passes every check: the key, its fields, a model that exists, a worker that is ready, a place', async () => {
  const captured = capture();
  const server = await serve({ ...captured.env, WORKER_MAX_CONCURRENCY: '1', PROXY_QUEUE_MAX: '0' });
  const codes = async (more: Loose) =>
    Promise.all(ways(server, titlePrompt, more).map(async (ask) => (await ask()).status));
  expect(await codes({ model: 'bogus' })).toEqual([404, 404, 404, 404]);
  expect(await codes({ temperature: 9 })).toEqual([400, 400, 400, 400]);
  const body = JSON.stringify({ model: 'codex-5', messages: [user(titlePrompt)] });
  expect((await server.send('POST', '/v1/chat/completions', {}, body)).status).toBe(401);
  expect(captured.requests('thread/start')).toEqual([]);
  // One place: of fifty at once the others are turned away, and no process is started for any.
  const all = await Promise.all(Array.from({ length: 50 }, () => server.chat({ messages: [user(titlePrompt)] })));
  expect(all.map(({ status }) => status).filter((status) => status !== 200 && status !== 429)).toEqual([]);
  expect(all.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
  expect(server.gateway.workers()).toHaveLength(1);

  const unready = await serve({ CODEX_BIN: '/bin/false' }, { ready: false });
  await unready.gateway.until((line) => line.includes(' worker_exit '));
  for (const ask of ways(unready, titlePrompt)) {
    const { status, json } = await ask();
    expect([status, json.error.code]).toEqual([503, 'worker_not_ready']);
  }
});

const tag = '[proxy][ingress_guardrail_v1]';

test.for([
  ['memories', 'I <saved_memories>know you</saved_memories>'],
  ['other conversations', '<recent_conversations>…</recent_conversations>'],
  ['what tools have said', "Tool 'webSearch' result: []"],
])(
  'P-215 W-22 the model is warned of %s: one developer message before the history, the same bytes on both endpoints',
  async ([, sign = '']) => {
    const server = await real();
    for (const ask of ways(server, sign)) expect((await ask()).status).toBe(200);
    const told = server.gateway.provider.samplings.map(modelItems);
    expect(told).toHaveLength(4);
    for (const [first, second, ...rest] of told as Loose) {
      expect([first.role, second.role, rest]).toEqual(['developer', 'user', []]);
      expect(first.content[0].text).toContain(tag);
    }
    expect(new Set(told.map(([first]) => JSON.stringify(first))).size).toBe(1);
    await logged(server, ' ingress_guardrail_injected ', 4);
  },
);

test('P-215 W-22 it is said once, also in a conversation that goes on, whatever becomes of system prompts, and not where it is off', async () => {
  const server = await real({ PROXY_IGNORE_CLIENT_SYSTEM_PROMPT: 'false' });
  const count = (text: string): number => text.split(tag).length - 1;
  const messages = [{ role: 'system', content: 'be brief' }, user('<saved_memories>'), user('hi')];
  await server.chat({ messages });
  const first = (await server.resp({ input: '<saved_memories>' })).json;
  await server.resp({ input: 'and?', previous_response_id: first.id });
  const sent = server.gateway.provider.samplings.map((one) => JSON.stringify(modelItems(one)));
  expect(sent.map(count)).toEqual([1, 1, 1]);
  expect(sent[0]).toContain('be brief');
  // Somebody has put it there before.
  const notice = (modelItems(server.gateway.provider.samplings[1]) as Loose)[0].content[0].text;
  await server.resp({ input: [{ role: 'developer', content: notice }, user('<saved_memories>')] });
  expect(count(JSON.stringify(modelItems(server.gateway.provider.samplings[3])))).toBe(1);

  const off = await real({ PROXY_INGRESS_GUARDRAIL: 'false' });
  await off.chat({ messages });
  await off.chat({ messages: [user('What is a <use_tool> block?')] });
  expect(JSON.stringify(off.gateway.provider.samplings.map((one) => one.body))).not.toContain(tag);
});

test('P-216 P-218 the log says who asks, why it is thought so, and under which name, and nothing of the prompt', async () => {
  const server = await serve();
  const obsidian = { 'user-agent': 'Mozilla/5.0 obsidian/1.9.7' };
  const introduced = { 'http-referer': 'https://obsidiancopilot.com', 'x-title': 'Obsidian Copilot' };
  const rows: readonly (readonly [Headers, string, string, readonly string[]])[] = [
    [{ 'x-copilot-trace-id': 'trace-1' }, 'hi', 'high', ['header_x_copilot_trace_id']],
    [{ ...introduced, 'x-trace-id': 'trace-2' }, 'hi', 'high', ['header_openrouter_pair']],
    [{ 'x-request-id': 'trace-3' }, '<recent_conversations>SECRET', 'high', ['marker_recent_conversations']],
    [{ ...obsidian, 'x-trace-id': 'trace-4' }, '<use_tool>SECRET', 'suspected', ['marker_use_tool', 'ua_obsidian']],
  ];
  for (const [headers, prompt, tier, reasons] of rows) {
    const [name = ''] = Object.entries(headers)
      .filter(([header]) => /(trace|request)-id$/.test(header))
      .map(([, id]) => id);
    expect((await server.chat({ messages: [user(prompt)] }, headers)).status).toBe(200);
    const line = await server.gateway.until((one) => one.includes(' client_detected ') && one.includes(name));
    expect(line).toContain(` copilot_detected=true copilot_detect_tier=${tier} `);
    expect(line).toContain(` copilot_detect_reasons=${JSON.stringify(reasons)} copilot_trace_id=${name}`);
  }
  // Its place alone says nothing; on Responses its shape does. Where nobody gives a name, ours is said.
  await server.chat({}, obsidian);
  const { headers } = await server.resp({ input: [{ type: 'message', role: 'user', content: 'hi' }] }, obsidian);
  const own = String(headers['x-request-id']);
  const line = await server.gateway.until((one) => one.includes(' client_detected ') && one.includes(own));
  expect(line).toContain(`copilot_detect_reasons=["ua_obsidian","shape_responses_basic"] copilot_trace_id=${own}`);
  expect(server.gateway.journal.filter((one) => one.includes(' client_detected '))).toHaveLength(5);
  expect(server.gateway.journal.join('\n')).not.toContain('SECRET');
  // A name of the client's is never sent back.
  expect(own).not.toContain('trace');
});

test('P-217 blocks are for whom it is sure of, also where the operator wants none; a header decides; an SDK finds no XML', async () => {
  const calling = { FAKE_CODEX_MODE: 'tool_call' };
  const tools = [lookupUser];
  const sure = { 'x-copilot-trace-id': 'trace' };
  const suspected = { 'user-agent': 'obsidian/1.9.7' };
  const suspicious = [user('<use_tool>'), ...sayHello];
  const hasBlock = ({ text }: Answer): boolean => text.includes('use_tool');
  const modeOf = ({ headers }: Answer) => headers['x-proxy-output-mode'];

  const json = await serve({ ...calling, PROXY_OUTPUT_MODE: 'openai-json', PROXY_COPILOT_AUTO_DETECT: 'true' });
  for (const stream of [false, true]) {
    const answers = [
      await json.chat({ tools, stream }, sure),
      await json.chat({ tools, stream }, { ...sure, 'x-proxy-output-mode': 'openai-json' }),
      await json.chat({ tools, stream, messages: suspicious }, suspected),
      await json.chat({ tools, stream }),
    ];
    expect(answers.map(hasBlock)).toEqual([true, false, false, false]);
    expect(answers.map(modeOf)).toEqual(['obsidian-xml', 'openai-json', 'openai-json', 'openai-json']);
  }
  const plain = await serve({ ...calling, PROXY_OUTPUT_MODE: 'openai-json' });
  expect(hasBlock(await plain.chat({ tools }, sure))).toBe(false);

  // Nobody has said anything: any sign is enough, none is none.
  const auto = await serve(calling);
  expect(hasBlock(await auto.chat({ tools }, sure))).toBe(true);
  expect(hasBlock(await auto.chat({ tools, messages: suspicious }, suspected))).toBe(true);
  expect(hasBlock(await auto.chat({ tools }, { 'user-agent': 'OpenAI/JS 6.0.0' }))).toBe(false);
});
