/** What is said while nobody is signed in to Codex, where it is said, and to whom. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { framesOf, type Loose, type Server, serve } from './server.ts';

/** The head of a stream waits for what becomes of it, however slow the machine is. */
const unauthorized = { FAKE_CODEX_UNAUTHORIZED: '1', PROXY_SSE_HEAD_DELAY_MS: '60000' };
const far = { 'x-forwarded-for': '8.8.8.8' };

const ways = (server: Server) => [
  () => server.chat(),
  () => server.chat({ stream: true }),
  () => server.resp(),
  () => server.resp({ stream: true }),
];

test('P-36 P-38 C-40 nobody is signed in: 401 with the address, in all four ways, to callers on this machine with a key', async () => {
  const server = await serve(unauthorized);
  for (const ask of ways(server)) {
    const { status, headers, json } = await ask();
    expect([status, headers['content-type'], headers['www-authenticate']]).toEqual([
      401,
      'application/json; charset=utf-8',
      'Bearer realm=api',
    ]);
    expect(json.error).toMatchObject({ type: 'authentication_error', code: 'invalid_api_key', param: null });
    expect(json.error.details.auth_url).toMatch(/^http/);
    expect(json.error.details.login_id).not.toBe('');
  }
  // Others learn that it is so, and no more; the operator's log never has the address.
  const { status, json } = await server.chat({}, far);
  expect([status, json.error.code, json.error.details]).toEqual([401, 'invalid_api_key', undefined]);
  const wrong = await server.chat({}, { authorization: 'Bearer wrong' });
  expect([wrong.status, wrong.json.error.message, wrong.json.error.details]).toEqual([401, 'unauthorized', undefined]);
  const { details } = (await server.chat()).json.error;
  const log = server.gateway.journal.join('\n');
  expect(log).not.toContain(details.auth_url);
  expect(log).not.toContain(details.login_id);
  expect(log).toMatch(/ login_offered .* remedy=.*codex login --device-auth/);
});

test('P-36 the operator may tell it to everybody with a key, or to nobody', async () => {
  const remote = await serve({ ...unauthorized, PROXY_AUTH_LOGIN_REMOTE: 'true' });
  expect((await remote.chat({}, far)).json.error.details.auth_url).toMatch(/^http/);
  const silent = await serve({ ...unauthorized, PROXY_AUTH_LOGIN_URL: 'false' });
  for (const ask of ways(silent)) {
    const { status, json } = await ask();
    expect([status, json.error.code, json.error.details]).toEqual([401, 'invalid_api_key', undefined]);
    expect(json.error.message).not.toContain('login_url');
  }
});

test.for([
  ['', true, false],
  ['message', true, false],
  ['code', false, true],
  ['code+message', true, true],
  ['details', false, false],
] as const)('P-37 PROXY_AUTH_LOGIN_URL_MODE=%s', async ([mode, inMessage, inCode]) => {
  const server = await serve({ ...unauthorized, PROXY_AUTH_LOGIN_URL_MODE: mode });
  for (const ask of ways(server)) {
    const { code, message, details } = (await ask()).json.error;
    const where = ` | login_url=${details.auth_url} | login_id=${details.login_id}`;
    expect(message.includes(where)).toBe(inMessage);
    expect(message.includes('login_url=')).toBe(inMessage);
    expect(code).toBe(inCode ? `invalid_api_key${where}` : 'invalid_api_key');
  }
});

/** The fake app-server, signed in until its first turn fails. */
function expiring(): string {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-parity-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, 'codex.mjs');
  const main = join(import.meta.dirname, '../app-server/main.ts');
  const code = [
    '#!/usr/bin/env node',
    `import { spawn } from 'node:child_process';`,
    `import { createInterface } from 'node:readline';`,
    `const child = spawn(process.execPath, [${JSON.stringify(main)}, ...process.argv.slice(2)], { stdio: ['pipe', 'inherit', 'inherit'] });`,
    `child.on('exit', (code) => process.exit(code ?? 1));`,
    'let expired = false;',
    `const nobody = { account: null, userId: null, requiresOpenaiAuth: true, workspaceRouting: null };`,
    `createInterface({ input: process.stdin }).on('line', (line) => {`,
    '  const { id, method } = JSON.parse(line);',
    `  if (method === 'turn/start') expired = true;`,
    `  if (expired && method === 'account/read') console.log(JSON.stringify({ id, result: nobody }));`,
    `  else child.stdin.write(line + '\\n');`,
    `}).on('close', () => child.stdin.end());`,
  ];
  writeFileSync(bin, code.join('\n'));
  chmodSync(bin, 0o755);
  return bin;
}

test('P-38 C-40 a sign-in that ends during an answer is told in the stream, with its details, on both endpoints', async () => {
  const error = { message: 'unauthorized', info: 'unauthorized' };
  const steps = [
    { do: 'open' },
    { do: 'delta', text: 'Hello ' },
    // The head goes out with the first output; an end in the same breath as that would be a status still.
    { do: 'sleep', ms: 300 },
    { do: 'error', error, retry: false },
    { do: 'complete', status: 'failed', error },
  ];
  const prompt = marker('play', { script: JSON.stringify({ steps }) });
  // With a provider of the operator's own nobody signs in.
  const env = { CODEX_PROVIDER_URL: '', FAKE_CODEX_ACCOUNT: 'chatgpt', FAKE_CODEX_LOGIN_MS: 'never' };
  const expected = {
    type: 'authentication_error',
    code: 'invalid_api_key',
    message: expect.stringContaining(' | login_url='),
    details: { auth_url: expect.stringMatching(/^http/), login_id: expect.any(String) },
  };

  const chat = await serve({ ...env, CODEX_BIN: expiring() });
  const { status, text } = await chat.chat({ messages: [{ role: 'user', content: prompt }], stream: true });
  expect([status, text.endsWith('data: [DONE]\n\n')]).toEqual([200, true]);
  const frames: Loose = framesOf(text);
  expect(frames.at(-1).error).toMatchObject(expected);
  expect(text).toContain('Hello ');
  expect(text).not.toContain('"finish_reason":"');

  const responses = await serve({ ...env, CODEX_BIN: expiring() });
  const events: Loose = await responses.respFrames({ input: prompt });
  expect(events.at(-2)).toMatchObject({ type: 'error', code: 'invalid_api_key', error: expected });
  expect(events.at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'failed', error: expected } });
});
