/** Comments that keep a silent stream alive. */

import { expect, test } from 'vitest';
import { serve } from './server.ts';

const slow = {
  FAKE_CODEX_MODE: 'long_stream',
  FAKE_CODEX_STREAM_INTERVAL_MS: '400',
  FAKE_CODEX_STREAM_TICKS: '4',
  PROXY_SSE_KEEPALIVE_MS: '100',
};
const comments = (text: string): readonly string[] => text.match(/^: keepalive \d+$/gm) ?? [];

test('P-142 C-31 at their cadence from the head to the end, on both endpoints, none after [DONE]', async () => {
  const server = await serve(slow);
  for (const { text } of await Promise.all([server.chat({ stream: true }), server.resp({ stream: true })])) {
    expect(comments(text).length).toBeGreaterThanOrEqual(3);
    expect(text.slice(text.indexOf('data: [DONE]'))).toBe('data: [DONE]\n\n');
  }
});

test('P-142 none when they are switched off', async () => {
  const server = await serve({ ...slow, PROXY_SSE_KEEPALIVE_MS: '0' });
  expect(comments((await server.chat({ stream: true })).text)).toEqual([]);
});

const optedOut: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ['a header', '', { 'x-no-keepalive': '1' }],
  ['a query', '?no_keepalive=1', {}],
  ['Obsidian', '', { 'user-agent': 'obsidian/1.9' }],
  ['Electron', '', { 'user-agent': 'Mozilla/5.0 Electron/30.0' }],
];
test('P-143 C-31 who does not want them says so, or is known for it', async () => {
  const server = await serve(slow);
  const body = { model: 'codex-5', messages: [{ role: 'user', content: 'x' }], stream: true };
  const answers = await Promise.all(
    optedOut.map(([, query, headers]) => server.post(`/v1/chat/completions${query}`, body, headers)),
  );
  expect(answers.map(({ text }) => comments(text).length)).toEqual([0, 0, 0, 0]);
  expect(answers.every(({ text }) => text.endsWith('data: [DONE]\n\n'))).toBe(true);
});
