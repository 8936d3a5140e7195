/** Replay and benchmark, run with the shim. */

import { expect, test } from 'vitest';
import { npmScript } from './npm-script.ts';
import { serve } from './server.ts';

test('P-281 the tool call of Obsidian Copilot is played again, with the shim', async () => {
  const replay = npmScript('replay:obsidian');
  expect([await replay.ended, replay.lines.stdout]).toEqual([
    0,
    ['turn 1: 1 tool blocks, 87 characters', 'turn 2: 1 tool blocks, 87 characters', 'as the client expects'],
  ]);
});

test('P-281 it finds what the client cannot read, in a gateway that runs', async () => {
  const env = { FAKE_CODEX_MODE: 'textual_tool', FAKE_CODEX_TRUNCATE_TOOL_XML: '1', PROXY_OUTPUT_MODE: 'obsidian-xml' };
  const { gateway, key } = await serve(env);
  const replay = npmScript('replay:obsidian', [], { BASE_URL: gateway.baseUrl, API_KEY: key });
  expect(await replay.ended).toBe(1);
  expect(replay.lines.stdout.join('\n')).toContain('a tool block does not end');
});

test('P-281 the benchmark of several choices checks and measures each', async () => {
  const bench = npmScript('bench:choices', ['--rounds', '1']);
  expect(await bench.ended).toBe(0);
  const [head, ...rows] = bench.lines.stdout;
  expect(head).toContain('all begun ms');
  expect(rows.map((row) => row.trim().split(/\s+/)[0])).toEqual(['1', '2', '5']);
});
