/**
 * `npm run replay:obsidian`: the recorded tool call of Obsidian Copilot, asked again of a gateway.
 *
 *   npm run replay:obsidian                                   of a gateway of its own, before the scripted fake
 *   BASE_URL=http://127.0.0.1:18000 npm run replay:obsidian   of one that runs; API_KEY is its key, MODEL the model
 *
 * `-- --file F` plays another recording. It ends with 1 where an answer is not what that client can read.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startGateway } from '../gateway.ts';
import { playAgain, type Recording, type Target } from './conversation.ts';

const { values } = parseArgs({
  options: { file: { type: 'string', default: join(import.meta.dirname, '../fixtures/obsidian-tool-call.json') } },
});
const recording = JSON.parse(readFileSync(values.file, 'utf8')) as Recording;
const { BASE_URL: url = '', API_KEY: apiKey = '', MODEL: named = '', TIMEOUT_MS: limit = '' } = process.env;
const common = { model: named || 'codex-5', timeoutMs: Number(limit) || 120_000 };

async function withTarget<T>(use: (target: Target) => Promise<T>): Promise<T> {
  if (url !== '') {
    const baseUrl = `${url.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`;
    return use({ ...common, baseUrl, key: apiKey || 'codex-local-secret' });
  }
  const fake = join(import.meta.dirname, '../app-server/main.ts');
  const gateway = await startGateway({
    CODEX_BIN: fake,
    FAKE_CODEX_MODE: 'textual_tool_tail',
    PROXY_WORKER_COUNT: '1',
  });
  try {
    return await use({ ...common, baseUrl: gateway.baseUrl, key: gateway.key });
  } finally {
    await gateway.stop();
  }
}

const turns = await withTarget((target) => playAgain(recording, target));
for (const [index, { faults, blocks, characters }] of turns.entries()) {
  process.stdout.write(
    `turn ${index + 1}: ${blocks} tool blocks, ${characters} characters${faults.length === 0 ? '' : ', WRONG'}\n`,
  );
  for (const fault of faults) process.stdout.write(`  ${fault}\n`);
}
const well = turns.length === recording.turns.length && turns.every(({ faults }) => faults.length === 0);
process.stdout.write(well ? 'as the client expects\n' : 'not as the client expects\n');
process.exitCode = well ? 0 : 1;
