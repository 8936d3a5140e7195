/** Lines in which the worker tells of itself are left out of an answer, and what was left out is noted. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { responsesText, serve } from './server.ts';
import { readAll } from './ways.ts';
import { linesIn, recordsIn } from './written-lines.ts';

const greeting = 'Hello from fake-codex.';
const telling = { FAKE_CODEX_METADATA: 'extra' };

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'sanitizer-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

test('P-210 W-15 A-63 in all four ways, with keys that are named behind their lines; the text comes once', async () => {
  const base = folder();
  const server = await serve({ ...telling, PROXY_SANITIZE_METADATA: 'true', SANITIZER_LOG_BASE_DIR: base });
  for (const reading of await readAll(server)) expect(reading).toMatchObject({ text: greeting, finish: 'stop' });
  const frames = await server.respFrames();
  expect(responsesText(frames)).toBe(greeting);
  const xml = { 'x-proxy-output-mode': 'obsidian-xml' };
  for (const reading of await readAll(server, { headers: xml })) expect(reading.text).toBe(greeting);

  const steps = [
    { do: 'open' },
    ...['a\nbuild_id: 7\n', 'b'].map((text) => ({ do: 'delta', text })),
    { do: 'close', metadata: { build_id: '7' } },
    { do: 'sampled', usage: null },
    { do: 'settle' },
    { do: 'complete', status: 'completed' },
  ];
  const prompt = marker('play', { script: JSON.stringify({ steps }) });
  for (const reading of await readAll(server, { prompt })) expect(reading.text).toBe('a\nb');

  const file = join(base, 'codex-sanitizer.ndjson');
  await expect.poll(() => linesIn(file).length).toBeGreaterThanOrEqual(9);
  const [toggle, summary] = recordsIn(file);
  expect(toggle).toMatchObject({ event: 'sanitizer_toggle', enabled: true });
  expect(summary).toMatchObject({
    event: 'sanitizer_summary',
    count: 3,
    keys: ['rollout_path', 'session_id', 'build_id'],
    sources: ['fixed', 'event'],
  });
});

test('P-210 all forms of a line, and no other line', async () => {
  const server = await serve({ PROXY_SANITIZE_METADATA: 'true', SANITIZER_LOG_BASE_DIR: folder() });
  const text = 'a\nsession_id=1\n{"rollout_path":"/x"}\nbuild_id: 7\nmy session_id: 2\nb\nsession_id: 3\n';
  const prompt = marker('text', { chunks: JSON.stringify(Array.from(text)) });
  for (const reading of await readAll(server, { prompt }))
    expect(reading.text).toBe('a\nbuild_id: 7\nmy session_id: 2\nb');
});

test('P-210 switched off, all lines are told, and there is no file', async () => {
  const base = folder();
  const server = await serve({ ...telling, SANITIZER_LOG_BASE_DIR: base });
  expect((await server.chat()).json.choices[0].message.content).toContain('session_id: fake-session-123');
  expect(existsSync(join(base, 'codex-sanitizer.ndjson'))).toBe(false);
});

test('P-210 a file elsewhere is not written; the operator is told', async () => {
  const [base, other] = [folder(), folder()];
  const server = await serve({
    ...telling,
    PROXY_SANITIZE_METADATA: 'true',
    SANITIZER_LOG_BASE_DIR: base,
    SANITIZER_LOG_PATH: join(other, 'log.ndjson'),
  });
  await server.chat();
  await expect.poll(() => existsSync(join(base, 'codex-sanitizer.ndjson'))).toBe(true);
  expect(existsSync(join(other, 'log.ndjson'))).toBe(false);
  expect(server.gateway.lines.all.join('\n')).toContain('sanitizer_log_elsewhere');
});
