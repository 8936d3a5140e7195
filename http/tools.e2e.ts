/**
 * Function tools from end to end: what the model is offered, what its client is told of its calls, and how the conversation goes
 * on from there, on any worker of any gateway. In each of the four ways to ask, with one sampling for each request.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { untilLoad, untilRestarted } from '../testkit/gateway-health.ts';
import { type Body, JudgedClient } from '../testkit/judged-client.ts';
import { seize } from '../testkit/process-table.ts';
import { isJson, type Json } from '../testkit/provider/request.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { modelBody, modelItems } from '../testkit/provider-view.ts';
import { type Call, type Told, ToolClient, type Way, ways } from '../testkit/tool-client.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({ PROXY_WORKER_COUNT: '2' }, { workersReady: 2 });
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.provider.reset());

const sampling = (number: number) => gateway.provider.samplings[number];
/** No turn is left that could sample again. */
const idle = (): Promise<void> => untilLoad(gateway, { activeTurns: 0, queued: 0 });
const expectSamplings = async (count: number): Promise<void> => {
  await idle();
  expect(gateway.provider.samplings).toHaveLength(count);
};
/** The CLI answers such a call itself, and may begin to sample again before it is stopped. No client sees anything of that. */
const expectOneAnswered = async (): Promise<void> => {
  await idle();
  expect(gateway.provider.samplings.length).toBeLessThanOrEqual(2);
};
const offered = (number = 0): readonly Json[] => {
  const { tools } = modelBody(sampling(number));
  return (Array.isArray(tools) ? tools : []).filter(isJson);
};
const names = (number = 0): readonly unknown[] => offered(number).map(({ name }) => name);

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const flat = (name: string, more: Body = {}): Body => ({
  type: 'function',
  name,
  description: 'd',
  parameters,
  ...more,
});
const nested = (name: string): Body => ({ type: 'function', function: { name, description: 'd', parameters } });
const custom = (name: string): Body => ({ type: 'custom', name, description: 'c' });

/** One request, from a new client. */
const ask = (way: Way, prompt: string, more: Body): Promise<Told> => {
  const client = new ToolClient(gateway, way);
  return client.ask([client.message('user', prompt)], more);
};
const call = (name: string, given: string, id: unknown = expect.stringMatching(/^call_/)): unknown => ({
  id,
  isCustom: false,
  name,
  arguments: given,
});
const item = ({ id }: Call, name: string, given: string): Json => ({
  type: 'function_call',
  call_id: id,
  name,
  arguments: given,
});
/** What the model read, without the `status` that only echoed answers have. */
const readBy = (number: number, of = gateway): readonly Json[] =>
  modelItems(of.provider.samplings.at(number)).map((one) => {
    const { status: _, ...rest } = one;
    return rest;
  });
const output = ({ id }: Call, text: string): Json => ({ type: 'function_call_output', call_id: id, output: text });
const message = (role: string, text: string): Json => ({
  type: 'message',
  role,
  content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text }],
});

describe.each(ways)('%s', (way) => {
  const first = '{"city":"Tromsø 🌌 \\u00e9"}';
  const second = '{ "city" : "東京",\n"n":12345678901234567890 }';
  const prompt = marker('tool', { calls: 2, say: 'Let me see.', args0: first, args1: second });
  const more = { tools: [flat('get_weather'), nested('get_time')] };

  test('parallel calls with their exact arguments; outputs in any order, with more beside them', async () => {
    const client = new ToolClient(gateway, way);
    const asked = client.message('user', prompt);
    const told = await client.ask([asked], more);
    expect(told.text).toBe('Let me see.');
    expect(told.calls).toEqual([call('get_weather', first), call('get_time', second)]);
    const [a, b] = told.calls as [Call, Call];
    expect(a.id).not.toBe(b.id);
    await expectSamplings(1);
    const tool = { type: 'function', description: 'd', strict: false, parameters };
    expect(offered()).toEqual([
      { ...tool, name: 'get_weather' },
      { ...tool, name: 'get_time' },
    ]);

    const hint = client.message('developer', 'Both, please.');
    const history = [asked, ...told.echo, client.answer(b, 'noon'), hint, client.answer(a, 'snow ❄')];
    expect((await client.ask(history, more)).text).toBe('Hello, world.');
    await expectSamplings(2);
    expect(readBy(1)).toEqual([
      message('user', prompt),
      message('assistant', 'Let me see.'),
      item(a, 'get_weather', first),
      item(b, 'get_time', second),
      output(b, 'noon'),
      message('developer', 'Both, please.'),
      output(a, 'snow ❄'),
    ]);
  });

  test('a name that the CLI swallows is another one at the model, both ways', async () => {
    const client = new ToolClient(gateway, way);
    const tools = [nested('f'), flat('exec_command'), flat('mcp__s__t')];
    const asked = client.message('user', marker('tool', { calls: 3, args: '{}' }));
    const told = await client.ask([asked], { tools });
    expect(told.calls.map(({ name }) => name)).toEqual(['f', 'exec_command', 'mcp__s__t']);
    const aliases = ['f', 't1_exec_command', 't2_mcp__s__t'];
    expect(names()).toEqual(aliases);
    const outputs = told.calls.map((one) => client.answer(one, 'done'));
    await client.ask([asked, ...told.echo, ...outputs], { tools });
    const calls = modelItems(sampling(1)).filter(({ type }) => type === 'function_call');
    expect(calls.map(({ name }) => name)).toEqual(aliases);
    await expectSamplings(2);
  });

  test('a custom tool is called by its input, whatever form the model chose', async () => {
    const client = new ToolClient(gateway, way);
    const tools = [custom('sh')];
    const input = 'echo "ø\\n"\nls';
    const native = marker('customtool', { name: 'sh', input });
    for (const args of [JSON.stringify({ input }), input, native]) {
      gateway.provider.reset();
      const asked = client.message('user', args === native ? native : marker('tool', { args }));
      const told = await client.ask([asked], { tools });
      expect(told.calls).toEqual([{ ...(call('sh', input) as Body), isCustom: true }]);
      await expectOneAnswered();
      const [made] = told.calls as [Call];
      await client.ask([asked, ...told.echo, client.answer(made, 'ok')], { tools });
      expect(readBy(-1).slice(1)).toEqual([item(made, 'sh', JSON.stringify({ input })), output(made, 'ok')]);
    }
  });

  test.each([
    ['arguments of 8 KB', JSON.stringify({ city: 'Å🚀'.repeat(2_000) })],
    ['no arguments', '{}'],
    ['an array', '[1]'],
  ])('%s arrive as the model wrote them', async (_what, args) => {
    expect((await ask(way, marker('tool', { args }), { tools: [flat('f')] })).calls).toEqual([call('f', args)]);
    await expectSamplings(1);
  });

  test('a tool that nobody declared arrives as the model called it', async () => {
    const told = await ask(way, marker('tool', { name: 'nope', args: '{"a":1}', say: 'Well.' }), {
      tools: [flat('f')],
    });
    expect(told).toMatchObject({ text: 'Well.', calls: [call('nope', '{"a":1}')] });
    await expectOneAnswered();
  });

  test('a call without an argument string has the empty object', async () => {
    expect((await ask(way, marker('tool', { args: '' }), { tools: [flat('f')] })).calls).toEqual([call('f', '{}')]);
  });

  test('a call id of the history is not used again', async () => {
    const client = new ToolClient(gateway, way);
    const tools = [flat('f')];
    const asked = client.message('user', marker('tool', { id: 7, args: '{}' }));
    const told = await client.ask([asked], { tools });
    const [made] = told.calls as [Call];
    const again = await client.ask([asked, ...told.echo, client.answer(made, 'x'), asked], { tools });
    expect(again.calls).toEqual([call('f', '{}')]);
    expect(again.calls[0]?.id).not.toBe(made.id);
  });

  test.each<[string, unknown, readonly string[], boolean]>([
    ['auto', 'auto', ['f', 't1_exec_command'], false],
    ['none', 'none', [], false],
    ['required', 'required', ['f', 't1_exec_command'], true],
    ['one of them', { type: 'function', name: 'f' }, ['f'], true],
    ['one of them, nested', { type: 'function', function: { name: 'exec_command' } }, ['t1_exec_command'], true],
    ['a subset', { type: 'allowed_tools', mode: 'auto', tools: [flat('f')] }, ['f'], false],
    [
      'a subset, nested',
      { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [nested('exec_command')] } },
      ['t1_exec_command'],
      true,
    ],
  ])('tool_choice %s', async (_what, tool_choice, expected, told) => {
    await ask(way, marker('text'), { tools: [flat('f'), nested('exec_command')], tool_choice });
    expect(names()).toEqual(expected);
    expect(modelBody(sampling(0))['tool_choice']).toBe('auto');
    const roles = modelItems(sampling(0)).map(({ role }) => role);
    expect(roles).toEqual(told ? ['developer', 'user'] : ['user']);
  });
});

test('the response echoes its tools and its choice in the flat form', async () => {
  const client = new JudgedClient(gateway, 'codex-5');
  const tools = [nested('exec_command'), { type: 'function', name: 'g', strict: true }];
  const tool_choice = { type: 'function', function: { name: 'exec_command' } };
  expect(await client.respond({ input: marker('tool', { args: '{}' }), tools, tool_choice })).toMatchObject({
    tools: [
      { type: 'function', name: 'exec_command', description: 'd', parameters, strict: null },
      { type: 'function', name: 'g', description: null, parameters: null, strict: true },
    ],
    tool_choice: { type: 'function', name: 'exec_command' },
  });
});

test('the members of a namespace are offered one by one, and called within it', async () => {
  const client = new JudgedClient(gateway);
  const space = { type: 'namespace', name: 'agents', description: 'N', tools: [flat('spawn'), flat('wait')] };
  const asked = { role: 'user', content: marker('tool', { calls: 2, args: '{}' }) };
  const tools = [space, flat('spawn')];
  const { response } = await client.respondStream({ input: [asked], tools, tool_choice: 'auto' });
  const members = [
    { name: 'spawn', namespace: 'agents' },
    { name: 'wait', namespace: 'agents' },
  ];
  expect(response['output']).toMatchObject(members);
  const aliases = ['t0_agents_spawn', 't1_agents_wait'];
  expect(names()).toEqual([...aliases, 'spawn']);
  expect(offered()[0]).toMatchObject({ description: 'N\n\nd' });

  const made = response['output'] as readonly Json[];
  const outputs = made.map(({ call_id }) => ({ type: 'function_call_output', call_id, output: 'x' }));
  await client.respond({ input: [asked, ...made, ...outputs], tools });
  const calls = modelItems(sampling(1)).filter(({ type }) => type === 'function_call');
  expect(calls.map(({ name, namespace }) => [name, namespace])).toEqual(aliases.map((name) => [name, undefined]));
});

test('an item of the input may bring the tools, as Codex sends them', async () => {
  const client = new JudgedClient(gateway);
  const space = { type: 'namespace', name: 'functions', description: '', tools: [flat('exec_command')] };
  const input = [
    { type: 'additional_tools', role: 'developer', tools: [space] },
    { role: 'user', content: marker('tool', { args: '{}' }) },
  ];
  const { output: made } = await client.respond({ input, parallel_tool_calls: false });
  expect(made).toMatchObject([{ type: 'function_call', name: 'exec_command', namespace: 'functions' }]);
  expect(names()).toEqual(['t0_functions_exec_command']);
  expect(readBy(0).map(({ type }) => type)).toEqual(['message']);
});

test('outputs alone go on from the response that made the calls', async () => {
  const client = new JudgedClient(gateway, 'codex-5', ['custom']);
  const tools = [flat('exec_command'), custom('sh'), { type: 'namespace', name: 'n', tools: [flat('f')] }];
  const input = marker('tool', { calls: 3, args0: '{"city":"Oslo"}', args1: '{"input":"ls"}', args2: '{}' });
  const { id, output: made } = await client.respond({ input, tools });
  const calls = made as readonly Json[];
  expect(calls).toMatchObject([{ name: 'exec_command' }, { name: 'sh', input: 'ls' }, { name: 'f', namespace: 'n' }]);
  const outputs = calls.map(({ type, call_id }) => ({ type: `${String(type)}_output`, call_id, output: 'x' }));
  await client.respond({ previous_response_id: id, input: outputs.toReversed(), tools });
  const [, ...read] = readBy(1);
  expect(read.map(({ name, arguments: given }) => [name, given])).toEqual([
    ['t0_exec_command', '{"city":"Oslo"}'],
    ['sh', '{"input":"ls"}'],
    ['t2_n_f', '{}'],
    ...Array.from({ length: 3 }, () => [undefined, undefined]),
  ]);
  const alone = { previous_response_id: id, input: outputs.slice(1), tools };
  expect(await client.refused('/responses', alone)).toMatchObject({
    status: 400,
    code: 'invalid_function_call_output',
  });
});

describe('the conversation goes on', () => {
  const tools = [flat('exec_command')];
  const prompt = marker('tool', { args: '{"city":"Oslo"}' });
  const begin = (on: Gateway) =>
    Promise.all(
      ways.map(async (way) => {
        const client = new ToolClient(on, way);
        const asked = client.message('user', prompt);
        const told = await client.ask([asked], { tools });
        const [made] = told.calls as [Call];
        return { way, made, history: [asked, ...told.echo, client.answer(made, 'rain')] };
      }),
    );
  const goOn = async (on: Gateway, begun: Awaited<ReturnType<typeof begin>>): Promise<void> => {
    for (const { way, made, history } of begun) {
      on.provider.reset();
      expect((await new ToolClient(on, way).ask(history, { tools })).text).toBe('Hello, world.');
      expect(on.provider.samplings).toHaveLength(1);
      expect(readBy(0, on).slice(1)).toEqual([item(made, 't0_exec_command', '{"city":"Oslo"}'), output(made, 'rain')]);
    }
  };

  test('on a gateway that was started later', async () => {
    const begun = await begin(gateway);
    const other = await startGateway({ PROXY_WORKER_COUNT: '1' });
    try {
      await goOn(other, begun);
    } finally {
      await other.stop();
    }
  });

  test('when the workers that sampled before are gone', async () => {
    const other = await startGateway({ PROXY_WORKER_COUNT: '2' }, { workersReady: 2 });
    try {
      const begun = await begin(other);
      for (const worker of other.workers()) seize(worker);
      await untilRestarted(other);
      await goOn(other, begun);
    } finally {
      await other.stop();
    }
  });
});

const post = (path: string, body: Body): Promise<Response> =>
  fetch(`${gateway.baseUrl}${path}`, {
    method: 'POST',
    headers: { ...gateway.withKey, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'codex-5', ...body }),
  });

/** The strict client takes no such arguments on chat. */
describe('arguments that are no JSON arrive as the model wrote them', () => {
  const args = '{"city": "Oslo"';
  const prompt = marker('tool', { args });

  test.each(['responses', 'responses, streamed'] as const)('%s', async (way) => {
    expect((await ask(way, prompt, { tools: [flat('f')] })).calls).toEqual([call('f', args)]);
    await expectOneAnswered();
  });

  test.each([false, true])('chat, streamed: %s', async (stream) => {
    const messages = [{ role: 'user', content: prompt }];
    const text = await (await post('/chat/completions', { messages, tools: [nested('f')], stream })).text();
    const frames = stream ? [...text.matchAll(/^data: (\{.*)$/gmu)].map(([, json]) => json ?? '') : [text];
    const pieces = frames.map((frame) => {
      const { choices } = JSON.parse(frame) as { choices: readonly { message?: ToolCalls; delta?: ToolCalls }[] };
      const { message: said, delta } = choices[0] ?? {};
      return (said ?? delta)?.tool_calls?.[0]?.function.arguments ?? '';
    });
    expect(pieces.join('')).toBe(args);
    await expectOneAnswered();
  });
});

interface ToolCalls {
  readonly tool_calls?: readonly { readonly function: { readonly arguments?: string } }[];
}

test('legacy functions are answered in both forms, and go on in the legacy one', async () => {
  const asked = { role: 'user', content: marker('tool', { args: '{"city":"Oslo"}' }) };
  const functions = [{ name: 'f', parameters }];
  const answer = await post('/chat/completions', { messages: [asked], functions, function_call: { name: 'f' } });
  const { choices } = (await answer.json()) as { choices: readonly { message: Json }[] };
  const told = choices[0]?.message ?? {};
  const made = { name: 'f', arguments: '{"city":"Oslo"}' };
  expect(told).toMatchObject({
    content: null,
    function_call: made,
    tool_calls: [{ type: 'function', function: made }],
  });
  const messages = [asked, told, { role: 'function', name: 'f', content: 'rain' }];
  expect((await post('/chat/completions', { messages, functions })).status).toBe(200);
  const [, , result] = modelItems(sampling(1));
  expect(result).toMatchObject({ type: 'function_call_output', output: 'rain' });
});

test.each([false, true])('hosted tools are named in a header and not offered (streamed: %s)', async (stream) => {
  const tools = [{ type: 'web_search' }, flat('f'), { type: 'code_interpreter', container: { type: 'auto' } }];
  const answer = await post('/responses', { input: marker('text'), tools, stream });
  expect(answer.headers.get('x-proxy-ignored-params')).toBe('tools[0], tools[2]');
  await answer.arrayBuffer();
  expect(names()).toEqual(['f']);
});

test.each(['/responses', '/chat/completions'])('an unknown tool is refused by %s', async (path) => {
  const said = path === '/responses' ? { input: 'hi' } : { messages: [{ role: 'user', content: 'hi' }] };
  const client = new JudgedClient(gateway);
  const unknown = await client.refused(path, { ...said, tools: [{ type: 'retrieval' }] });
  expect(unknown).toMatchObject({ status: 400, param: 'tools[0].type' });
  expect(gateway.provider.requests).toHaveLength(0);
});

test.each(['/responses', '/chat/completions'])('a schema that the CLI refuses is named by %s', async (path) => {
  const said = path === '/responses' ? { input: 'hi' } : { messages: [{ role: 'user', content: 'hi' }] };
  const bad = { type: 'function', function: { name: 'exec_command', parameters: { properties: [] } } };
  const { message: text, ...refused } = await new JudgedClient(gateway).refused(path, {
    ...said,
    tools: [flat('f'), bad],
  });
  expect(refused).toMatchObject({ status: 400, code: 'bad_request', param: 'tools[1].function.parameters' });
  expect(text).toMatch(/ of the tool exec_command /);
  expect(gateway.provider.samplings).toHaveLength(0);
});

test('as many tools as a request may have reach the model', async () => {
  const tools = Array.from({ length: 512 }, (_, i) => flat(`tool_${i}`));
  await ask('responses', marker('text'), { tools });
  expect(names()).toEqual(tools.map(({ name }) => name));
});
