import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headOf, Watchers } from '../testkit/watchers.ts';
import { noAnswer } from './answer-shape.ts';
import type { Accounted } from './accounted.ts';
import { Captures, type CapturedExchange, type CaptureLimits } from './captures.ts';
import type { HttpHappenings } from './happenings.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

const record = (requestId: string, streaming = false): Accounted => ({
  requestId,
  at: 1_000,
  route: '/v1/chat/completions',
  method: 'POST',
  mode: streaming ? 'chat_stream' : 'chat_nonstream',
  status: 200,
  outcome: 'ok',
  errorCode: null,
  streaming,
  requestedModel: null,
  model: 'codex-5',
  effectiveModel: null,
  durationMs: 7,
  firstContentMs: null,
  usage: null,
  promptEst: 0,
  completionEst: 0,
  emissionTrigger: null,
  usageTold: false,
  finishReason: null,
  toolCalls: 0,
  hasFunctionCall: false,
  choices: 1,
  userAgent: '',
  outputMode: 'openai-json',
  stopAfterToolsMode: null,
  toolCallsTruncated: 0,
  sanitizer: null,
  shape: noAnswer,
});

const wide: CaptureLimits = { bodyBytesMax: 1_000, answerBytesMax: 1_000, heldBytesMax: 100_000 };

const begin = (limits: Partial<CaptureLimits> = {}) => {
  const { watch, tell } = new Watchers<HttpHappenings>();
  const taken: CapturedExchange[] = [];
  const writing: (() => void)[] = [];
  const outages: string[] = [];
  const captures = new Captures({
    watch,
    endpoints: new Set(['chat']),
    now: () => 5,
    take: (exchange) => {
      taken.push(exchange);
      return new Promise((resolve) => writing.push(resolve));
    },
    limits: { ...wide, ...limits },
    outage: { failed: (reason) => outages.push(reason), worked: () => outages.push('worked') },
  });
  const read = (request: string, body: string, headers = {}): void =>
    tell('request.read', { request, endpoint: 'chat', head: headOf(headers), bytes: bytes(body) });
  const written = async (): Promise<void> => {
    for (const done of writing.splice(0)) done();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { captures, taken, outages, tell, read, written };
};

test('P-208 an exchange is what was asked and what its client got, when it is over', () => {
  const { taken, tell, read } = begin();
  read('req_1', '{"a":1}', { 'x-proxy-capture-id': 'My demo', 'x-trace-id': 'their-name' });
  tell('answer.begun', { request: 'req_1', status: 200, headers: [['content-type', 'text/event-stream']] });
  const chunk = bytes('data: 1\n\n');
  tell('answer.written', { request: 'req_1', bytes: chunk });
  // Theirs who write: soon it is something else.
  chunk.fill(0);
  tell('answer.written', { request: 'req_1', bytes: 'data: [DONE]\n\n' });
  expect(taken).toEqual([]);
  tell('answer.accounted', record('req_1', true));
  const [exchange] = taken;
  expect(exchange).toMatchObject({ endpoint: 'chat', name: 'my-demo-stream', isStream: true, answerBytes: 23 });
  expect(exchange?.pieces.map((piece) => [piece.at, Buffer.from(piece.bytes).toString()])).toEqual([
    [5, 'data: 1\n\n'],
    [5, 'data: [DONE]\n\n'],
  ]);
  expect(exchange?.metadata).toEqual({
    captured_at: '1970-01-01T00:00:01.000Z',
    scenario: 'my-demo-stream',
    stream: true,
    outcome: 'ok',
    status: 200,
    error_code: null,
    route: '/v1/chat/completions',
    mode: 'chat_stream',
    endpoint_mode: 'chat',
    output_mode_effective: 'openai-json',
    proxy_trace_id: 'req_1',
    copilot_trace_source: 'header',
    copilot_trace_header: 'x-trace-id',
    copilot_trace_present: true,
    duration_ms: 7,
  });
});

test('P-208 another endpoint, and what nobody has read, is no exchange', () => {
  const { taken, tell } = begin();
  tell('request.read', { request: 'req_1', endpoint: 'responses', head: headOf(), bytes: bytes('{}') });
  tell('answer.written', { request: 'req_2', bytes: 'x' });
  tell('answer.accounted', record('req_1'));
  tell('answer.accounted', record('req_2'));
  expect(taken).toEqual([]);
});

test('P-208 whatever is asked and answered, what is held is bounded, and all of it is given back', async () => {
  const step = fc.record({ request: fc.nat(5), bytes: fc.nat(400), end: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const limits = { bodyBytesMax: 200, answerBytesMax: 300, heldBytesMax: 900 };
      const { captures, taken, tell, read, written } = begin(limits);
      const open = new Set<string>();
      let count = 0;
      for (const { request, bytes: size, end } of steps) {
        const name = `req_${request}_${count}`;
        if (!open.has(name)) read(name, 'x'.repeat(size));
        open.add(name);
        for (const one of open) tell('answer.written', { request: one, bytes: 'y'.repeat(size) });
        if (end) {
          for (const one of open) tell('answer.accounted', record(one));
          open.clear();
          count += 1;
        }
        expect(captures.heldBytes).toBeLessThanOrEqual(limits.heldBytesMax);
      }
      for (const one of open) tell('answer.accounted', record(one));
      for (const { body, bodyBytes, pieces, answerBytes } of taken) {
        const kept = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
        expect([body.length <= 200, bodyBytes >= body.length, kept <= 300, kept <= answerBytes]).not.toContain(false);
      }
      await written();
      expect(captures.heldBytes).toBe(0);
    }),
  );
});

test('P-208 where too much is under way, an exchange is left out, and told', async () => {
  const { outages, taken, tell, read, written } = begin({ heldBytesMax: 600 });
  read('req_1', 'x'.repeat(500));
  read('req_2', 'x'.repeat(500));
  expect(outages).toEqual(['full']);
  for (const name of ['req_1', 'req_2']) tell('answer.accounted', record(name));
  expect(taken).toHaveLength(1);
  await written();
  expect(outages).toEqual(['full', 'worked']);
});
