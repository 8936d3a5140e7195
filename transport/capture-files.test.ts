import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Journal } from '../actors/seams.ts';
import type { Captured } from './capture-document.ts';
import { CaptureFiles } from './capture-files.ts';

let base = '';
const told: string[] = [];
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'capture-files-'));
  told.length = 0;
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const journal: Journal = {
  info: (event, facts) => told.push(`${event} ${JSON.stringify(facts)}`),
  warn: (event, facts) => told.push(`${event} ${JSON.stringify(facts)}`),
};

const open = (spawn?: () => Worker): CaptureFiles =>
  new CaptureFiles({
    folders: { chat: { redacted: join(base, 'chat'), raw: join(base, 'raw') }, responses: {} },
    limits: { filesMax: 100, bytesMax: 1_000_000 },
    secrets: ['the-key'],
    journal,
    ...(spawn === undefined ? {} : { spawn }),
  });

const captured = (name: string): Captured => {
  const text = '{"messages":[{"role":"user","content":"Words and the-key"}]}';
  return {
    endpoint: 'chat',
    name,
    metadata: {},
    headers: [],
    body: new Uint8Array(Buffer.from(text)),
    bodyBytes: text.length,
    isStream: false,
    pieces: [{ at: 1, bytes: new Uint8Array(Buffer.from('{"object":"x"}')) }],
    answerBytes: 14,
  };
};

test('P-208 each exchange becomes a file of each kind that is wanted, by a thread of its own', async () => {
  const files = open();
  for (const name of ['a-stream', 'b-stream']) void files.take(captured(name));
  await files.settled();
  expect(readdirSync(join(base, 'chat')).sort()).toEqual(['a-stream.json', 'b-stream.json']);
  expect(readFileSync(join(base, 'chat/a-stream.json'), 'utf8')).not.toContain('Words');
  const raw = readFileSync(join(base, 'raw/a-stream.json'), 'utf8');
  expect([raw.includes('Words and [secret]'), raw.includes('the-key'), told]).toEqual([true, false, []]);
});

test('P-208 what cannot be written is dropped, told once, and told again when it can be', async () => {
  writeFileSync(join(base, 'chat'), 'a file where a folder should be');
  const files = open();
  for (const name of ['a', 'b', 'c']) await files.take(captured(name));
  expect(told).toEqual(['chat_capture_unwritable {"reason":"EEXIST"}']);
  rmSync(join(base, 'chat'));
  await files.take(captured('d'));
  expect(told.slice(1)).toEqual(['chat_capture_writable {"count":3}']);
  expect([readdirSync(join(base, 'chat')), readdirSync(join(base, 'raw')).length]).toEqual([['d.json'], 4]);
});

test('P-208 a thread that dies costs what it had, and the next exchange gets another one', async () => {
  let threads = 0;
  const dying = 'require("node:worker_threads").parentPort.on("message", () => { throw new Error("bug"); })';
  const files = open(() => {
    threads += 1;
    return new Worker(dying, { eval: true });
  });
  for (const name of ['a', 'b']) await files.take(captured(name));
  await files.settled();
  expect([threads, told]).toEqual([
    2,
    ['chat_capture_unwritable {"reason":"thread"}', 'chat_raw_capture_unwritable {"reason":"thread"}'],
  ]);
});
