/**
 * `npm run dev`, `dev:shim`, `dev:offline`, `start:codev` and `start:codev:shim`: the gateway as it ships, with the settings of
 * development and what `dev/plan.ts` puts behind it. It ends as the gateway ended.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { environmentOf, readEnvFile, strayLines } from '../http/env-file.ts';
import { restoreConfig, seedHome } from './dev/home.ts';
import { type EnvFile, envFileOf, helpText, type Plan, planOf } from './dev/plan.ts';
import { Reloader, type Running } from './dev/reload.ts';

const root = join(import.meta.dirname, '..');
const args = process.argv.slice(2);
/** Editors write a file in several steps. */
const settledMs = 100;

const say = (line: string): void => void process.stderr.write(`dev: ${line}\n`);
const fail = (message: string): never => {
  say(message);
  process.exit(1);
};

/** Null: there is none, which is no error. */
function envFile(path: string): EnvFile | null {
  try {
    const text = readFileSync(path, 'utf8');
    for (const line of strayLines(text)) say(`${path}:${line}: sets nothing`);
    return { path, environment: environmentOf(readEnvFile(text)) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? null : fail(`${path} cannot be read (${code})`);
  }
}

/** What the backend adds to the environment, and how it is stopped. */
async function backend({ backend: kind }: Plan): Promise<{ environment: object; close: () => Promise<void> }> {
  const close = async (): Promise<void> => {};
  if (kind === 'shim') return { environment: { CODEX_BIN: join(root, 'testkit/app-server/main.ts') }, close };
  if (kind === 'proto-shim') return { environment: { CODEX_BIN: join(root, 'testkit/proto/main.ts') }, close };
  if (kind === 'account') return { environment: {}, close };
  const { startProvider } = await import('./provider/server.ts');
  const provider = await startProvider({ recordMax: 0 });
  return { environment: { CODEX_PROVIDER_URL: provider.baseUrl }, close: () => provider.close() };
}

function start(plan: Plan, environment: object): Running {
  const child = spawn(process.execPath, [join(root, 'http/main.ts'), ...plan.args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...plan.environment, ...environment },
  });
  const ended = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      say(error.message);
      resolve(1);
    });
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  return { kill: (signal) => void child.kill(signal), ended };
}

/** Calls when a source has changed and it has been quiet for a moment, until it is closed. */
function watchSources(changed: (path: string) => void): () => void {
  let pending: NodeJS.Timeout | undefined;
  const folders = ['machines', 'actors', 'transport', 'http', 'testkit/app-server', 'testkit/proto'];
  const watchers = folders.map((folder) =>
    watch(join(root, folder), { recursive: true }, (_, name) => {
      if (name === null || !/(?<!\.(?:test|e2e|parity))\.ts$/.test(name)) return;
      clearTimeout(pending);
      pending = setTimeout(() => changed(`${folder}/${name}`), settledMs);
    }).on('error', (error) => say(`${folder} is no longer watched: ${error.message}`)),
  );
  return () => {
    clearTimeout(pending);
    for (const watcher of watchers) watcher.close();
  };
}

/** Where the system has no watches left, the gateway runs all the same. */
function reloading(changed: (path: string) => void): (() => void) | null {
  try {
    return watchSources(changed);
  } catch (error) {
    say(`no restarts: the sources cannot be watched (${(error as NodeJS.ErrnoException).code})`);
    return null;
  }
}

async function run(plan: Plan): Promise<void> {
  for (const note of plan.notes) say(note);
  const temporary = plan.home === null ? mkdtempSync(join(tmpdir(), 'codex-actors-dev-')) : null;
  const home = temporary ?? resolve(plan.home ?? '');
  restoreConfig(home);
  for (const name of seedHome(home)) say(`${plan.home ?? home}: ${name} was missing and is there now`);
  const behind = await backend(plan);
  const reloader = new Reloader(() => start(plan, { CODEX_HOME: home, ...behind.environment }), say);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => reloader.end(signal));
  const unwatch = plan.reload ? reloading((path) => reloader.changed(path)) : null;
  process.exitCode = await reloader.result;
  unwatch?.();
  if (temporary === null) restoreConfig(home);
  else rmSync(temporary, { recursive: true, force: true });
  await behind.close();
}

const path = envFileOf(args);
const planned = planOf(args, process.env, args.includes('--help') ? null : envFile(path));
if (planned.kind === 'help') process.stdout.write(helpText);
else if (planned.kind === 'refused') fail(planned.message);
else await run(planned.plan);
