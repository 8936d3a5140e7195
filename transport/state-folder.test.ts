import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ScriptedWorker } from '../testkit/scripted-worker.ts';
import { transportLimits } from '../testkit/transport-limits.ts';
import { removeStateFolder, stateBytes, stateFolder } from './state-folder.ts';

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
  await vi.waitUntil(() => worker.facts.some(({ type }) => type === 'wear.observed'));
  expect(worker.facts.at(-1)).toEqual({ type: 'wear.observed', reason: 'state folder of 100 bytes' });
});
