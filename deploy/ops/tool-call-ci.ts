/**
 * The tool-call smoke without an account and without a network, for CI: a gateway with the fake app-server for each mode.
 * Invariant: no gateway outlives this script.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { loadEnvironment, root } from './environment.ts';
import { Failure } from './refusal.ts';
import { runScript } from './script.ts';
import { report } from './smoke/report.ts';
import { targetOf, toolModesOf, toolSmokeOf } from './smoke/settings.ts';
import { inMode, type ToolMode, toolCalls } from './smoke/tools.ts';
import { ask, type Target } from './smoke/wire.ts';

const startMs = 30_000;
const fake: Readonly<Record<ToolMode, Readonly<Record<string, string>>>> = {
  structured: { FAKE_CODEX_MODE: 'tool_call', FAKE_CODEX_TOOL_CALL_COUNT: '2' },
  textual: { FAKE_CODEX_MODE: 'textual_tool' },
  disconnect: { FAKE_CODEX_MODE: 'tool_call' },
};
const key = 'codex-ci-tool-calls';

/** The address of a gateway, once it says that it listens. */
function addressOf(gateway: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let told = '';
    const late = setTimeout(() => reject(new Failure(`the gateway did not start within ${startMs / 1000} s`)), startMs);
    const read = (piece: Buffer): void => {
      told += piece.toString();
      const found = /listening on (http:\/\/\S+)\/v1 /u.exec(told)?.[1];
      if (found === undefined) return;
      clearTimeout(late);
      told = '';
      resolve(found);
    };
    gateway.stdout?.on('data', read);
    gateway.stderr?.on('data', read);
    gateway.once('close', (code) => {
      clearTimeout(late);
      reject(new Failure(`the gateway ended with ${code}: ${told.trim().split('\n').at(-1) ?? ''}`));
    });
  });
}

async function untilReady(gateway: Target): Promise<void> {
  const giveUp = Date.now() + startMs;
  while ((await ask(gateway, '/readyz', { timeoutMs: 5000, bare: true })).status !== 200) {
    if (Date.now() > giveUp) throw new Failure('the gateway did not become ready');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Gateway {
  readonly target: Target;
  stop(): Promise<void>;
}

async function start(env: Readonly<Record<string, string>>): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-smoke-'));
  const child = spawn(process.execPath, [join(root, 'http/main.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      PROXY_ENV: 'local',
      PROXY_API_KEY: key,
      PROXY_WORKER_COUNT: '1',
      CODEX_HOME: folder,
      CODEX_SQLITE_HOME: folder,
      PROXY_DATA_DIR: join(folder, 'data'),
      PROXY_CODEX_WORKDIR: join(folder, 'work'),
      CODEX_BIN: join(root, 'testkit/app-server/main.ts'),
      ...env,
    },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const late = setTimeout(kill, startMs);
    await ended;
    clearTimeout(late);
    process.removeListener('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const target = targetOf('gateway', 'BASE_URL', await addressOf(child), key);
    await untilReady(target);
    return { target, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

await runScript(
  {
    command: 'npm run smoke:tool-call:ci',
    summary: 'The tool-call smoke in each of its modes against a gateway of its own with the fake app-server.',
    options: {},
    variables: {
      TOOL_SMOKE_MODES: 'Of structured, textual, disconnect [all].',
      TOOL_SMOKE_TIMEOUT_MS: 'For each stream [30000].',
    },
  },
  process.argv.slice(2),
  async (_, stage) => {
    const env = loadEnvironment('.env.ci');
    const preset = { ...toolSmokeOf(env, 'codex-5'), includeUsage: true };
    const modes = toolModesOf(env, 'structured,disconnect,textual');
    if (stage.dryRun) {
      for (const mode of modes) stage.say(`would start a gateway with ${JSON.stringify(fake[mode])} and check ${mode}`);
      return 0;
    }
    const started = await Promise.allSettled(modes.map((mode) => start(fake[mode])));
    let worst = 0;
    try {
      for (const [index, mode] of modes.entries()) {
        const gateway = started[index];
        if (gateway?.status !== 'fulfilled') throw gateway?.reason ?? new Failure(`no gateway for ${mode}`);
        const checks = [toolCalls(gateway.value.target, inMode(mode, preset))];
        worst = Math.max(worst, await report(`Tool-call smoke, ${mode}`, checks, stage));
      }
    } finally {
      for (const each of started) if (each.status === 'fulfilled') await each.value.stop();
    }
    return worst;
  },
);
