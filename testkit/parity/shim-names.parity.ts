/** The fakes under the names that the predecessor's environment files have in `CODEX_BIN`: links, which the image has, too. */

import { execFile } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { greeting, toolText } from '../proto/variants.ts';
import { scratch } from './npm-script.ts';
import { type Loose, serve } from './server.ts';

const root = join(import.meta.dirname, '../..');
const appServer = join(root, 'testkit/app-server/main.ts');
const proto = join(root, 'testkit/proto/main.ts');

const linked = (name: string, to: string): string => {
  const path = join(scratch(), name);
  symlinkSync(to, path);
  return path;
};

/** What it says to one line of input, and the code it ends with: it ends with its input. */
const said = (path: string, args: readonly string[], line: string): Promise<{ code: number; events: Loose[] }> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], FAKE_CODEX_STREAM_INTERVAL_MS: '1', FAKE_CODEX_STREAM_TICKS: '3' };
    const child = execFile(process.execPath, [path, ...args], { env, timeout: 30_000 }, (error, stdout) => {
      const events = stdout
        .trimEnd()
        .split('\n')
        .map((one): Loose => JSON.parse(one));
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, events });
    });
    child.stdin?.end(`${line}\n`);
  });

test('P-262 fake-codex-jsonrpc.js is the scripted app-server, behind the gateway and without one', async () => {
  const link = linked('fake-codex-jsonrpc.js', appServer);
  const server = await serve({ CODEX_BIN: link });
  const { choices, usage } = (await server.chat()).json;
  expect(choices[0].message.content).toBe('Hello from fake-codex.');
  expect([usage.prompt_tokens, usage.completion_tokens]).toEqual([8, 6]);
  const alone = await said(link, ['app-server'], '');
  expect(alone).toMatchObject({ code: 0, events: [{ event: 'fallback', mode: 'jsonrpc' }] });
});

const texts: Readonly<Record<string, string>> = {
  '': greeting,
  '-hang': '',
  '-long': 'tick-0 tick-1 tick-2 ',
  '-no-complete': greeting,
  '-provider-usage': greeting,
  '-stream-hang': 'Hello ',
  '-token-count-only': greeting,
  '-tools': toolText,
};

test('P-263 fake-codex-proto.js and its variants run under their names', async () => {
  const input = JSON.stringify({ id: '1', op: { type: 'user_input', items: [{ type: 'text', text: '[user] hi' }] } });
  const texted = await Promise.all(
    Object.keys(texts).map(async (variant): Promise<[string, string]> => {
      const { events } = await said(linked(`fake-codex-proto${variant}.js`, proto), ['proto'], input);
      const messages = events.map(({ msg }) => msg);
      const deltas = messages.filter(({ type }) => type === 'agent_message_delta').map(({ delta }) => delta);
      const whole = messages.find(({ type }) => type === 'agent_message')?.message;
      return [variant, whole ?? deltas.join('')];
    }),
  );
  expect(Object.fromEntries(texted)).toEqual(texts);
});
