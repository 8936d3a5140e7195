/** Replay and benchmark, run with the shim. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { playAgain, type Recording } from '../replay/conversation.ts';
import { npmScript } from './npm-script.ts';
import { serve } from './server.ts';

const obsidian = join(import.meta.dirname, '../fixtures/obsidian-tool-call.json');

test('P-281 the tool call of Obsidian Copilot is played again, with the shim', async () => {
  const replay = npmScript('replay:obsidian');
  expect([await replay.ended, replay.lines.stdout]).toEqual([
    0,
    ['turn 1: 1 tool blocks, 87 characters', 'turn 2: 1 tool blocks, 87 characters', 'as the client expects'],
  ]);
});

test('P-281 it finds what the client cannot read', async () => {
  const { gateway, key } = await serve({ FAKE_CODEX_MODE: 'textual_tool', FAKE_CODEX_TRUNCATE_TOOL_XML: '1' });
  const recording = JSON.parse(readFileSync(obsidian, 'utf8')) as Recording;
  const target = { baseUrl: gateway.baseUrl, key, model: 'codex-5', timeoutMs: 20_000 };
  const [turn] = await playAgain(recording, target);
  expect(turn?.faults).toContain('a tool block does not end');
  const refused = await playAgain(recording, { ...target, key: 'wrong' });
  expect(refused).toEqual([{ faults: ['status 401, 401'], blocks: 0, characters: 0 }]);
});

test('P-281 the benchmark of several choices checks and measures each', async () => {
  const bench = npmScript('bench:choices', ['--short', '--rounds', '1']);
  expect(await bench.ended).toBe(0);
  const rows = bench.lines.stdout.flatMap((line) => /all_begun +gateway (n=\d) +[\d.]+ .* ms/.exec(line)?.[1] ?? []);
  expect(rows).toEqual(['n=1', 'n=2', 'n=5']);
});
