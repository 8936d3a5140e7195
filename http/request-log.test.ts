import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { closeFronts, startFront, withKey } from '../testkit/front-end.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import { createDiagnostics } from '../transport/diagnostics.ts';
import { createJournal } from '../transport/journal.ts';
import { createRedactor } from '../transport/redact.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { EventLog } from './event-log.ts';
import type { HttpHappenings } from './happenings.ts';
import { logLine } from './logs-page.ts';
import { RequestLog } from './request-log.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
afterEach(closeFronts);

async function logging(secrets: readonly string[] = []) {
  const lines: string[] = [];
  const accessed: string[] = [];
  const failures: unknown[] = [];
  const diagnostics = createDiagnostics<HttpHappenings>((_, error) => failures.push(error));
  const log = new EventLog({
    write: (line) => lines.push(line),
    now: () => 1_790_000_000_000,
    redact: createRedactor({ secrets }).object,
    level: 'debug',
    maintenance: false,
  });
  new RequestLog({ log, watch: diagnostics.watch, accessed: (line) => accessed.push(line) });
  const endpoints = { responses: responsesEndpoint, chat: chatEndpoint };
  const front = await startFront({ createServer, uws, ...endpoints, diagnostics, journal: createJournal(diagnostics) });
  const told = () => lines.map((line) => logLine.parse(JSON.parse(line)));
  const of = (event: string) => told().filter((line) => line.event === event);
  return { ...front, lines, accessed, failures, told, of };
}

/** Nothing that is not theirs has these characters. */
const words = fc.string({ minLength: 8, maxLength: 30, unit: fc.constantFrom('Ω', 'Ж', '語', 'ß') });
const outcomes = ['answers', 'fails', 'fails late', 'leaves', 'is refused', 'is no JSON', 'calls'] as const;

describe('P-204 whatever becomes of a request', () => {
  test('no line holds a word of it, or of its answer', async () => {
    const front = await logging();
    const { port, service } = front;
    const run = async (
      path: string,
      stream: boolean,
      outcome: (typeof outcomes)[number],
      prompt: string,
      answer: string,
    ) => {
      const chat = path.endsWith('completions');
      const content = [{ role: 'user', content: prompt }];
      const model = outcome === 'is refused' ? prompt : 'codex-5';
      const tools = chat
        ? [{ type: 'function', function: { name: 'f', description: prompt } }]
        : [{ type: 'function', name: 'f', description: prompt }];
      const fields = { model, stream, tools, metadata: { k: prompt }, [chat ? 'messages' : 'input']: content };
      const body = outcome === 'is no JSON' ? `{"input":"${prompt}"` : JSON.stringify(fields);
      if (outcome === 'is refused' || outcome === 'is no JSON') {
        await ask(port, path, { method: 'POST', headers: withKey, body });
        return;
      }
      const opened = service.next();
      const connection = new RawConnection(port);
      connection.request('POST', path, { ...withKey, 'content-type': 'application/json' }, body);
      const response = await opened;
      if (outcome === 'answers') response.answer(answer, answer);
      if (outcome === 'fails') response.fail({ code: 'upstream_error', message: answer });
      if (outcome === 'fails late' || outcome === 'leaves' || outcome === 'calls') {
        response.write((log) => {
          log.begin();
          const item = log.openItem({
            id: 'i',
            kind: outcome === 'calls' ? 'function_call' : 'message',
            callId: 'c',
            name: 'f',
          });
          const part = log.openPart(item, outcome === 'calls' ? 'arguments' : 'text');
          log.append(part, answer);
          if (outcome === 'calls') {
            log.closePart(part);
            log.closeItem(item);
          }
        });
        if (outcome === 'fails late') response.fail({ code: 'worker_exited', message: answer });
        if (outcome === 'calls') response.answer();
      }
      if (outcome === 'leaves') {
        connection.leave();
        await response.left;
      }
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/v1/responses', '/v1/chat/completions'),
        fc.boolean(),
        fc.constantFrom(...outcomes),
        words,
        words,
        async (path, stream, outcome, prompt, answer) => {
          front.lines.length = 0;
          const before = front.accessed.length;
          await run(path, stream, outcome, prompt, answer);
          while (front.accessed.length === before) await new Promise(setImmediate);
          const [all] = [front.lines.join('\n')];
          expect(front.failures).toEqual([]);
          expect(/[ΩЖ語ß]/u.exec(all)?.[0]).toBeUndefined();
          front.told();
          expect(front.of('access_log')).toHaveLength(1);
          expect(front.lines.length).toBeLessThanOrEqual(12);
        },
      ),
      { numRuns: 60, endOnFailure: true },
    );
  });
});

test('P-202 P-204 a secret of the configuration is masked wherever a client puts it', async () => {
  const secret = 'the/secret+key=';
  const { port, lines, of } = await logging([secret]);
  const headers = { 'user-agent': secret, 'x-request-id': secret, authorization: `Bearer ${secret}` };
  await ask(port, `/${encodeURIComponent(secret)}`, { headers });
  await ask(port, '/v1/models?key=the', { method: 'OPTIONS', headers });
  for (const line of lines)
    for (const one of [secret, encodeURIComponent(secret), '?']) expect(line).not.toContain(one);
  expect(of('access_log')).toMatchObject([
    { route: 'other', path: '/[secret]', ua: '[secret]', copilot_trace_id: '[secret]', auth: 'present' },
    { route: '/v1/models', method: 'OPTIONS', status: 204 },
  ]);
});

test('lines of the runtime are found by the request that they are about', async () => {
  const { port, service, of } = await logging();
  const opened = service.next();
  const body = JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content: 'hi' }], n: 2 });
  const asked = ask(port, '/v1/chat/completions', { method: 'POST', headers: withKey, body });
  const first = await opened;
  while (service.opened.length < 2) await new Promise(setImmediate);
  for (const response of service.opened) response.answer('x');
  const id = (await asked).headers['x-request-id'];
  expect(of('chat_transform_summary')).toMatchObject([
    {
      req_id: id,
      response_id: first.id,
      choices: 2,
      output_text_bytes: 2,
      finish_reason: 'stop',
      mode: 'chat_nonstream',
    },
  ]);
  expect(of('access_log')).toMatchObject([{ req_id: id, response_id: first.id, status: 200, outcome: 'ok' }]);
});
