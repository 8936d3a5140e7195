/** The wire trace of a gateway in development: what is in it, what is not, and that one which is required exists. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { chatText, framesOf, type Loose, lookupUser, serve, type Server } from './server.ts';
import { ended } from './start.ts';
import { linesIn, recordsIn } from './written-lines.ts';

const key = `key-${randomBytes(8).toString('hex')}`;
const word = `geheim${randomBytes(6).toString('hex')}`;
const messages = [{ role: 'user', content: `[[sc:text text="${word}"]] ${key}` }];

const fileOf = (server: Server): string => join(server.gateway.folder, 'wire.ndjson');

const traced = (server: Server): readonly Loose[] => recordsIn(fileOf(server));

/** All of that request, once it is over and its thread let go of. */
const wholeOf = async (server: Server, id: unknown): Promise<readonly Loose[]> => {
  const mine = (): readonly Loose[] => traced(server).filter((record) => record.req_id === id);
  await eventually('the end of the request', () => mine().some(({ kind }) => kind === 'request_over'));
  await eventually('the end of its thread', () => mine().some(({ method }) => method === 'thread/unsubscribe'));
  return mine();
};

test.for([
  [{ PROXY_ENV: 'local', PROXY_TRACE_REQUIRED: 'true' }, /^CONFIG_INVALID: PROXY_TRACE_REQUIRED="true": /],
  [{ PROXY_ENV: 'dev', PROTO_LOG_PATH: '/dev/full' }, /PROTO_LOG_PATH="\/dev\/full" \(ENOSPC\)/],
] as const)(
  'P-206 without the trace that is required: %j does not start, and says so in one line',
  async ([env, line]) => {
    const { code, stderr, stdout } = await ended(env);
    expect(code).toBe(1);
    const told = stderr.split('\n').filter((one) => /PROTO|TRACE/.test(one) && !/^\{|^\d{4}-/.test(one));
    expect(told).toEqual([expect.stringMatching(line)]);
    expect(stdout).not.toContain('listening');
  },
);

test('P-206 W-59 each request is told from the wire, with its id, and no word of it', async () => {
  const server = await serve({ PROXY_ENV: 'dev', PROXY_API_KEY: key });
  const { headers, text } = await server.chat({ messages, stream: true, tools: [lookupUser] });
  expect(chatText(framesOf(text))).toContain(word);
  const records = await wholeOf(server, headers['x-request-id']);
  const seen = new Set(records.map(({ phase, kind }) => `${phase} ${kind}`));
  for (const one of [
    'http_ingress http_request',
    'http_ingress http_body',
    'backend_submission rpc_request',
    'backend_io rpc_response',
    'backend_io rpc_notification',
    'client_egress client_head',
    'client_egress client_sse',
    'lifecycle request_over',
  ])
    expect(seen).toContain(one);
  expect(records.map(({ method }) => method)).toEqual(expect.arrayContaining(['thread/start', 'turn/completed']));
  const whole = linesIn(fileOf(server)).join('\n');
  expect([whole.includes(word), whole.includes(key)]).toEqual([false, false]);
  // Nor a piece of one: a stream has a word in pieces.
  expect(whole).not.toMatch(/"(content|delta|text|arguments|input)":"(?!<redacted>"|")/);
  expect(traced(server).map(({ kind }) => kind)).toEqual(expect.arrayContaining(['trace_opened', 'worker_ready']));

  const { headers: answered } = await server.resp({ input: messages[0]?.content });
  const kinds = (await wholeOf(server, answered['x-request-id'])).map(({ kind }) => kind);
  expect(kinds).toContain('client_json');
});
