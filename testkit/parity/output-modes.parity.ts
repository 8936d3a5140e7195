/** How tool calls are told: as items, or as blocks in the text, too; and what becomes of calls that a model writes as text. */

import { describe, expect, test } from 'vitest';
import { canonicalBlock } from '../../actors/tool-block.ts';
import { marker } from '../provider/scenario.ts';
import { chatText, framesOf, type Loose, lookupUser, responsesText, serve, type Server } from './server.ts';
import { chatStream, chatWhole, flatLookup, read, readAll, responsesStream, responsesWhole, ways } from './ways.ts';

const xml = { 'x-proxy-output-mode': 'obsidian-xml' };
const json = { 'x-proxy-output-mode': 'openai-json' };
const tools = { tools: [lookupUser] };
const block = canonicalBlock('lookup_user', '{"id":"42"}');
const written = '<tool_call>{"name":"lookup_user","arguments":{"id":"42"}}</tool_call>';

const saying = (pieces: readonly string[]): string => marker('text', { chunks: JSON.stringify(pieces) });
const asked = (text: string) => ({ messages: [{ role: 'user', content: text }] });
const contents = (frames: readonly Loose[]): readonly string[] =>
  frames.map((frame) => frame.choices?.[0]?.delta?.content ?? '').filter((content) => content !== '');
const deltasOf = (frames: readonly Loose[]): readonly string[] =>
  frames.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta);
const usesTool = (texts: readonly string[]): readonly string[] => texts.filter((text) => text.includes('use_tool'));

test('P-105 a whole answer has the blocks in its content and the calls beside it, joined by the delimiter', async () => {
  const server = await serve({
    FAKE_CODEX_MODE: 'multi_tool_burst',
    FAKE_CODEX_TOOL_BURST_COUNT: '2',
    PROXY_OUTPUT_MODE: 'obsidian-xml',
    PROXY_TOOL_BLOCK_DELIMITER: '\\n--\\n',
  });
  const answer = await server.chat(tools);
  const { message } = answer.json.choices[0];
  expect(message.content).toBe(`${block}\n--\n${canonicalBlock('send_email', '{"id":"42"}')}`);
  expect(message.tool_calls.map((call: Loose) => [call.type, call.function])).toEqual([
    ['function', { name: 'lookup_user', arguments: '{"id":"42"}' }],
    ['function', { name: 'send_email', arguments: '{"id":"42"}' }],
  ]);
  expect(chatWhole(answer).finish).toBe('tool_calls');
  expect(chatText(framesOf((await server.chat({ ...tools, stream: true })).text))).toBe(message.content);
});

test('P-106 with legacy functions the first call is told in their form, too', async () => {
  const server = await serve({ FAKE_CODEX_MODE: 'function_call' });
  const { json: answer } = await server.chat({ functions: [lookupUser.function] });
  const [{ message, finish_reason: finish }] = answer.choices;
  expect(finish).toBe('tool_calls');
  expect(message.tool_calls).toMatchObject([{ id: expect.stringMatching(/^\w+$/), function: { name: 'lookup_user' } }]);
  expect(message.function_call).toEqual({ name: 'lookup_user', arguments: '{"id":"42"}' });
});

test('P-130 W-4 a call that is written as text is one call in all four ways, wherever it is cut', async () => {
  const server = await serve({ PROXY_TEXT_TOOL_CALLS: 'true' });
  const prompt = saying(Array.from(`Before ${written} after`));
  for (const [at, reading] of (await readAll(server, { prompt, tools: true })).entries()) {
    const separator = ways[at]?.startsWith('chat') === true ? '' : '\n\n';
    expect(reading).toMatchObject({
      text: `Before ${separator} after`,
      calls: ['lookup_user {"id":"42"}'],
      finish: 'tool_calls',
    });
    expect(new Set(reading.callIds).size).toBe(1);
  }
});

describe('what is no call stays text', () => {
  test('P-130 unless the operator wants it otherwise, all text is', async () => {
    const server = await serve();
    for (const reading of await readAll(server, { prompt: saying([written, ` ${block}`]), tools: true }))
      expect(reading).toMatchObject({ text: `${written} ${block}`, calls: [], finish: 'stop' });
  });

  test('P-130 an unknown name, what is no JSON, and a strict tool with other arguments', async () => {
    const server = await serve({ PROXY_TEXT_TOOL_CALLS: 'true' });
    for (const text of [
      '<tool_call>{"name":"other","arguments":{}}</tool_call>',
      '<tool_call>lookup_user(42)</tool_call>',
    ])
      expect(await read(server, 'chat stream', { prompt: saying([text]), tools: true })).toMatchObject({
        text,
        calls: [],
      });
    const repaired = '<tool_call>{"name":"lookup_user","arguments":{"id":"42"}},</tool_call>';
    const { calls } = await read(server, 'chat whole', { prompt: saying([repaired]), tools: true });
    expect(calls).toEqual(['lookup_user {"id":"42"}']);
    const strict = { tools: [{ ...lookupUser, function: { ...lookupUser.function, strict: true } }] };
    const wrong = saying(['<tool_call>{"name":"lookup_user","arguments":{"id":42}}</tool_call>']);
    const refused = await server.chat({ ...asked(wrong), ...strict });
    expect([refused.status, refused.json.error.message]).toEqual([500, expect.stringContaining('arguments.id')]);
  });
});

describe('the mode of an answer', () => {
  test('P-131 W-21 is what the header says, else what the operator says, else what the client seems to be', async () => {
    const server = await serve({ FAKE_CODEX_MODE: 'tool_call' });
    const mode = async (headers: Record<string, string>) => {
      const answer = await server.chat(tools, headers);
      const { content } = answer.json.choices[0].message;
      return [answer.headers['x-proxy-output-mode'], content === null ? null : content === block];
    };
    expect(await mode({})).toEqual(['openai-json', null]);
    for (const name of ['obsidian', 'Obsidian-XML', 'obsidian_xml'])
      expect(await mode({ 'x-proxy-output-mode': name })).toEqual(['obsidian-xml', true]);
    for (const name of ['openai', 'OPENAI-json', 'openai_json', 'unknown'])
      expect(await mode({ 'x-proxy-output-mode': name })).toEqual(['openai-json', null]);
    expect(await mode({ 'x-copilot-trace-id': 'abc' })).toEqual(['obsidian-xml', true]);
    expect(await mode({ 'x-copilot-trace-id': 'abc', ...json })).toEqual(['openai-json', null]);
  });

  test('P-131 P-217 a value that the operator has set is taken literally, unless clients are to be detected', async () => {
    const literal = await serve({ FAKE_CODEX_MODE: 'tool_call', PROXY_OUTPUT_MODE: 'openai-json' });
    const copilot = { 'x-copilot-trace-id': 'abc' };
    expect((await literal.chat(tools, copilot)).json.choices[0].message.content).toBeNull();
    const detecting = await serve({
      FAKE_CODEX_MODE: 'tool_call',
      PROXY_OUTPUT_MODE: 'openai-json',
      PROXY_COPILOT_AUTO_DETECT: 'true',
    });
    expect((await detecting.chat(tools, copilot)).json.choices[0].message.content).toBe(block);
    expect((await detecting.chat(tools)).json.choices[0].message.content).toBeNull();
  });

  test('P-132 W-21 holds on /v1/responses: items alone, or items and blocks in the text', async () => {
    const server = await serve({ FAKE_CODEX_MODE: 'tool_call' });
    const flat = { tools: [flatLookup] };
    for (const stream of [false, true]) {
      const reading = stream ? responsesStream : responsesWhole;
      const plain = reading(await server.resp({ ...flat, stream }));
      expect([plain.text, plain.calls.length]).toEqual(['', 1]);
      const both = reading(await server.resp({ ...flat, stream }, xml));
      expect([both.text, both.calls]).toEqual([block, ['lookup_user {"id":"42"}']]);
    }
    const operator = await serve({ FAKE_CODEX_MODE: 'tool_call', PROXY_RESPONSES_OUTPUT_MODE: 'obsidian-xml' });
    expect(responsesWhole(await operator.resp(flat)).text).toBe(block);
    expect(responsesWhole(await operator.resp(flat, json)).text).toBe('');
  });
});

test('P-133 a block is canonical: known parameters in their order, others by the alphabet, values escaped', async () => {
  const argument = '{"zeta":[1,{"a":"<"}],"id":"a & b","alpha":true}';
  const server = await serve({ FAKE_CODEX_MODE: 'tool_call', FAKE_CODEX_TOOL_ARGUMENT: argument });
  const { content } = (await server.chat(tools, xml)).json.choices[0].message;
  expect(content).toBe(
    '<use_tool>\n  <name>lookup_user</name>\n  <alpha>true</alpha>\n  <id>a &amp; b</id>\n' +
      '  <zeta>[1,{&quot;a&quot;:&quot;&lt;&quot;}]</zeta>\n</use_tool>',
  );
});

/** Parameters of the tools of Obsidian Copilot, as it documents them. */
const documented = [
  ['localSearch', 'query', 'salientTerms', 'timeRange'],
  ['webSearch', 'query', 'chatHistory'],
  ['getCurrentTime', 'timezoneOffset'],
  ['convertTimeBetweenTimezones', 'time', 'fromOffset', 'toOffset'],
  ['getTimeRangeMs', 'timeExpression'],
  ['getTimeInfoByEpoch', 'epoch'],
  ['readNote', 'notePath', 'chunkIndex'],
  ['getFileTree'],
  ['getTagList', 'includeInline', 'maxEntries'],
  ['writeToFile', 'path', 'content'],
  ['replaceInFile', 'path', 'diff'],
  ['updateMemory', 'statement'],
  ['youtubeTranscription'],
] as const;

test('P-133 the tools of Obsidian Copilot have their parameters in the documented order, whatever the model’s; what is no object is told raw', async () => {
  const call = (name: string, written: string, at: number) => ({
    do: 'call',
    name,
    arguments: written,
    callId: `c${at}`,
  });
  const calls = documented.map(([name, ...keys], at) => {
    const backwards = [...keys].reverse().map((key) => [key, `${key}'s`]);
    return call(name, JSON.stringify(Object.fromEntries([['aNew', true], ...backwards])), at);
  });
  const raw = [call('readNote', '["<a>"]', 90), call('readNote', '{broken', 91)];
  const end = [{ do: 'sampled', usage: null }, { do: 'settle' }, { do: 'complete', status: 'completed' }];
  const prompt = marker('play', { script: JSON.stringify({ steps: [...calls, ...raw, ...end] }) });
  const wanted = documented.map(([name, ...keys]) =>
    [
      '<use_tool>',
      `  <name>${name}</name>`,
      ...keys.map((key) => `  <${key}>${key}&apos;s</${key}>`),
      '  <aNew>true</aNew>',
      '</use_tool>',
    ].join('\n'),
  );
  const args = ['[&quot;&lt;a&gt;&quot;]', '{broken'].map(
    (told) => `<use_tool>\n  <name>readNote</name>\n  <args>${told}</args>\n</use_tool>`,
  );
  const server = await serve({ PROXY_TOOL_BLOCK_DELIMITER: 'true' });
  for (const reading of await readAll(server, { prompt, headers: xml })) {
    const blocks = reading.text.split('</use_tool>').slice(0, -1);
    expect(blocks.map((one) => `${one.trimStart()}</use_tool>`)).toEqual([...wanted, ...args]);
  }
});

describe('blocks that a model writes', () => {
  const textual = { FAKE_CODEX_MODE: 'textual_tool_tail', FAKE_CODEX_TOOL_XML_CHUNK_SIZE: '5' };
  const shimBlock = '<use_tool>\n  <name>lookup_user</name>\n  <id>ユーザー-12345</id>\n</use_tool>';
  const call = 'lookup_user {"id":"ユーザー-12345"}';

  test('P-134 W-2 C-27 are one frame on both endpoints', async () => {
    const server = await serve(textual);
    const frames = await server.chatFrames({}, xml);
    expect(usesTool(contents(frames))).toEqual([shimBlock]);
    expect(chatText(frames)).toBe(`${shimBlock} AFTER_TOOL_TEXT`);
    const events = await server.respFrames({}, xml);
    expect(usesTool(deltasOf(events))).toEqual([shimBlock]);
    expect(responsesText(events)).toBe(`${shimBlock} AFTER_TOOL_TEXT`);
    for (const reading of await readAll(server, { headers: xml })) expect(reading).toMatchObject({ calls: [call] });
  });

  test('P-134 W-2 wherever they are cut', async () => {
    const server = await serve();
    for (const size of [1, 2, 3, 7, 8, 9, 10, 11]) {
      const pieces = block.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? [];
      const frames = await server.chatFrames(asked(saying(['a ', ...pieces, ' b'])), xml);
      expect([usesTool(contents(frames)), chatText(frames)]).toEqual([[block], `a ${block} b`]);
    }
  });

  test('P-134 W-16 C-27 become calls elsewhere, when that is wanted, and leave the text before and behind them in order', async () => {
    const server = await serve({ ...textual, PROXY_TEXT_TOOL_CALLS: 'true' });
    const kindsOf = (frames: readonly Loose[]) =>
      frames.flatMap((frame) => {
        const { delta } = frame.choices?.[0] ?? {};
        return delta?.tool_calls ? ['call'] : delta?.content ? ['text'] : [];
      });
    expect(kindsOf(await server.chatFrames()).slice(0, 3)).toEqual(['call', 'call', 'text']);
    const atOnce = asked(saying([`Before ${block} after`]));
    expect(kindsOf(await server.chatFrames(atOnce))).toEqual(['text', 'call', 'call', 'text']);
    for (const reading of await readAll(server))
      expect(reading).toMatchObject({ text: ' AFTER_TOOL_TEXT', calls: [call], finish: 'tool_calls' });
    const before = await server.chatFrames(asked(saying(['Before ', block, ' after'])));
    expect(chatText(before)).toBe('Before  after');
    const alone = await server.chat(asked(saying([`\n${block}\n`])));
    expect(alone.json.choices[0].message.content).toBeNull();
  });

  test('P-135 A-62 what is cut off is told as it stands', async () => {
    const server = await serve({ ...textual, FAKE_CODEX_TRUNCATE_TOOL_XML: '1', PROXY_TEST_ENDPOINTS: 'true' });
    const cut = shimBlock.slice(0, -7);
    for (const headers of [xml, json])
      for (const reading of await readAll(server, { headers }))
        expect(reading).toMatchObject({ text: cut, calls: [], finish: 'stop' });
    const nested = `<use_tool>\n<name>x</name>\n${block}`;
    const frames = await server.chatFrames(asked(saying([nested])), xml);
    expect(chatText(frames)).toBe(nested);
    expect(chatStream(await server.chat({ ...asked(saying([nested])), stream: true }, xml)).calls.length).toBe(1);
    const { summary } = (await server.get('/__test/tool-buffer-metrics')).json;
    expect(summary.aborted.by).toContainEqual({ output_mode: 'obsidian-xml', reason: 'unclosed', count: 4 });
    expect(summary.aborted.by).toContainEqual({ output_mode: 'obsidian-xml', reason: 'nested', count: 2 });
    expect(summary.anomaly).toBe(true);
  });

  test('A-62 and a worker that exits behind that is an error', async () => {
    const server = await serve({ ...textual, FAKE_CODEX_TRUNCATE_TOOL_XML: '1', FAKE_CODEX_ABORT_AFTER_TOOL_XML: '1' });
    for (const way of ways) {
      const reading = await read(server, way, { headers: xml });
      expect([reading.error, reading.calls]).toEqual(['worker_exited', []]);
      await server.until('/readyz', 200);
    }
  });

  test('P-136 A-61 and what is both called and written is told once', async () => {
    const server = await serve({ FAKE_CODEX_MODE: 'tool_call', FAKE_CODEX_EMIT_TEXTUAL_XML: '1' });
    for (const reading of await readAll(server, { tools: true, headers: xml }))
      expect(reading).toMatchObject({ text: block, calls: ['lookup_user {"id":"42"}'] });
  });
});

const ansi = async (server: Server): Promise<void> => {
  const prompt = saying(['a\u001b[3', '1mb\r', '\n\u001b[0', 'mc\u001b[2K']);
  for (const reading of await readAll(server, { prompt })) expect(reading.text).toBe('ab\r\nc\u001b[2K');
};

test('P-145 terminal colours are left out, and nothing else is', async () => {
  await ansi(await serve());
  await ansi(await serve({ PROXY_OUTPUT_MODE: 'obsidian-xml', PROXY_RESPONSES_OUTPUT_MODE: 'obsidian-xml' }));
  const kept = await serve({ PROXY_STRIP_ANSI: 'false' });
  expect((await read(kept, 'chat stream', { prompt: saying(['\u001b[31mred']) })).text).toBe('\u001b[31mred');
});
