/** The doctor, as a user runs it on the file that he brings along. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';

const doctor = join(import.meta.dirname, '../../http/doctor-main.ts');

const diagnosed = (file: string): Promise<{ readonly code: number; readonly text: string }> => {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-doctor-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'old.env');
  writeFileSync(path, file.replaceAll('FOLDER', folder));
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '' };
    execFile(process.execPath, [doctor, path], { env }, (error, stdout) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout });
    });
  });
};

test('an old file that would start: every line, the machine, what to do next', async () => {
  const lines = [
    'PORT=0',
    'PROXY_API_KEY=geheim',
    'PROXY_CODEX_WORKDIR=FOLDER/work',
    'PROXY_DEV_TRUNCATE_AFTER_MS=8000',
  ];
  const { code, text } = await diagnosed(lines.join('\n'));
  expect(text).not.toContain('geheim');
  expect(text).toContain('is now named PROXY_NONSTREAM_TRUNCATE_AFTER_MS');
  expect(text).toContain('Codex CLI 0.169.0, used as `codex app-server`');
  expect(text).toContain('nobody is signed in to Codex');
  expect(text).toContain('Nothing stands in the way. Start it with: npm start');
  expect(code).toBe(0);
});

test('an old file that would not: what to correct, and what the machine lacks all the same', async () => {
  const { code, text } = await diagnosed(
    'PROXY_APPROVAL_POLICY=on-failure\nCODEX_HOME=FOLDER/none\nCODEX_BIN=FOLDER/codex',
  );
  expect(text).toContain('PROXY_APPROVAL_POLICY=on-failure  is refused');
  expect(text).toMatch(/CODEX_HOME does not exist/);
  expect(text).toMatch(/codex binary: .* does not exist/);
  expect(text).toMatch(/Before it can start:\n {2}1\. correct PROXY_APPROVAL_POLICY\n/);
  expect(code).toBe(1);
});
