import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ScriptedWorker } from '../testkit/scripted-worker.ts';
import { transportLimits } from '../testkit/transport-limits.ts';
import { removeStaleStateFolders, removeStateFolder, stateBytes, stateFolder } from './state-folder.ts';

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'codex-state-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

test('a folder is as large as its files; one that is not there is empty, and can be removed', async () => {
  const folder = join(base, 'x');
  expect(await stateBytes(folder)).toBe(0);
  await removeStateFolder(folder);
  mkdirSync(folder);
  writeFileSync(join(folder, 'a'), 'x'.repeat(10));
  writeFileSync(join(folder, 'b'), 'x'.repeat(5));
  expect(await stateBytes(folder)).toBe(15);
});

test('a worker whose folder has grown too large is worn', async () => {
  const worker = new ScriptedWorker({ sqliteBase: base, limits: { ...transportLimits, stateBytesMax: 99 } });
  const folder = stateFolder(base, 0, 1);
  mkdirSync(folder);
  writeFileSync(join(folder, 'logs.sqlite'), 'x'.repeat(100));
  await worker.ready();
  worker.clock.advance(transportLimits.pulseMs);
  await vi.waitUntil(() => worker.facts.some(({ type }) => type === 'wear.observed'), { timeout: 5_000 });
  expect(worker.facts.at(-1)).toEqual({ type: 'wear.observed', reason: 'state folder of 100 bytes' });
});

test('the folder of a worker that has exited is gone when the launcher has settled', async () => {
  const worker = new ScriptedWorker({ sqliteBase: base });
  const folder = stateFolder(base, 0, 1);
  mkdirSync(folder, { recursive: true });
  for (let at = 0; at < 20; at += 1) writeFileSync(join(folder, `${at}.sqlite`), 'x');
  worker.process.exited({ code: 0, signal: null, reason: 'exit code 0' });
  expect(existsSync(folder)).toBe(true);
  await worker.launcher.settled();
  expect(existsSync(folder)).toBe(false);
  await worker.launcher.settled();
});

test('the sweep takes no folder whose name does not begin in our own way', async () => {
  const ours = stateFolder(base, 0, 1).replace(`-${process.pid}-`, '-4194400-');
  const theirs = join(base, ours.slice(base.length + 1).replace(/^codex-actors-worker-/u, ''));
  expect(theirs).not.toBe(ours);
  for (const folder of [ours, theirs]) mkdirSync(folder);
  await removeStaleStateFolders(base);
  expect([ours, theirs].map((folder) => existsSync(folder))).toEqual([false, true]);
});
