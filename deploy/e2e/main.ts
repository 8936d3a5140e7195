/**
 * `npm run test:deploy`: what is deployed is really deployed. Installs Docker Engine, Caddy, nginx and Prometheus from Debian where
 * they are missing, starts a Docker daemon of its own, builds the image, and runs the `*.deploy.ts` files. Needs root, Debian
 * and a registry of npm packages; a registry of images only where there is one.
 *
 *   npm run test:deploy                 all
 *   npm run test:deploy -- caddy P-230  the files and titles that match only; without Docker where those need none
 *   npm run test:deploy -- --report F   the report of the tests goes to F, too
 *   npm run test:deploy -- --keep       the daemon goes on until Enter is pressed, to look around in
 *
 * Invariant: however it ends, nothing of it is left: no process, container, mount, folder, firewall rule, interface.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { baseImageOf, ensureBaseImage } from './base-image.ts';
import { dockerClient, startEngine, unmountBelow } from './engine.ts';
import { remember } from './firewall.ts';
import { findProgram, install, unpackFromTrixie, wholePath } from './packages.ts';
import { allowRuns, run, stopRuns, tryRun } from './run.ts';

process.env['PATH'] = wholePath();

const root = join(import.meta.dirname, '../..');
const imageName = 'codex-actors:deploy';
const buildSeconds = 400;
const turnMs = 600_000;

const { values, positionals } = parseArgs({
  options: { report: { type: 'string' }, keep: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const titles = positionals.filter((one) => /^[PWAIC]-\d+b?$/.test(one));
const named = positionals.filter((one) => !titles.includes(one));

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.deploy.ts'));
const chosen = named.length === 0 ? files : files.filter((file) => named.some((name) => file.includes(name)));
const text = chosen.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join('\n');
const wanted = (words: RegExp): boolean => words.test(text);
const needsDocker = wanted(/from '\.\/(docker|compose)\.ts'/);
const needsCompose = wanted(/from '\.\/compose\.ts'/);

/** A program, and the package that brings it; each only where a chosen file speaks of it. */
const programs: Readonly<Record<string, string>> = {
  ...(needsDocker ? { dockerd: 'docker.io', iptables: 'iptables', ip: 'iproute2' } : {}),
  ...(wanted(/caddy/i) ? { caddy: 'caddy' } : {}),
  ...(wanted(/nginx/i) ? { nginx: 'nginx-light', openssl: 'openssl' } : {}),
  ...(wanted(/'docker-compose'/) ? { 'docker-compose': 'docker-compose' } : {}),
  ...(wanted(/prometheus|promtool/i) ? { prometheus: 'prometheus' } : {}),
  ...(wanted(/systemd-analyze/) ? { 'systemd-analyze': 'systemd' } : {}),
};

const started = performance.now();
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s`;

/** Somebody has asked it to end. */
const stopping = new AbortController();

async function step<T>(name: string, work: () => Promise<T>, result?: (value: T) => string): Promise<T> {
  stopping.signal.throwIfAborted();
  return timed(name, work, result);
}

async function timed<T>(name: string, work: () => Promise<T>, result?: (value: T) => string): Promise<T> {
  const since = performance.now();
  try {
    const value = await work();
    console.log(`${seconds(since)}  ${name}${result === undefined ? '' : `: ${result(value)}`}`);
    return value;
  } catch (error) {
    console.log(`${seconds(since)}  ${name}: FAILED`);
    throw error;
  }
}

/** Done in reverse order, each even when another fails. */
const undo: [name: string, work: () => Promise<void>][] = [];
async function cleanUp(): Promise<void> {
  for (let last = undo.pop(); last !== undefined; last = undo.pop()) {
    const [name, work] = last;
    await timed(name, work).catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    });
  }
}

/** One daemon of ours at a time: they would share a bridge and the firewall. The kernel frees the name with the process. */
async function alone(): Promise<void> {
  const taken = (): Promise<boolean> =>
    new Promise((resolve) => {
      const server = createServer();
      server.unref();
      server.once('error', () => resolve(false));
      server.listen('\0codex-actors-deploy', () => resolve(true));
    });
  for (const since = performance.now(); !(await taken()); await wait(1_000, undefined, { signal: stopping.signal }))
    if (performance.now() - since > turnMs) throw new Error('another npm run test:deploy runs on this machine');
}

function complaint(): string | null {
  const missing = Object.keys(programs).filter((program) => findProgram(program) === null);
  if (process.platform !== 'linux') return 'it needs Linux';
  if (needsDocker && process.getuid?.() !== 0) return 'it needs root: it starts a Docker daemon of its own';
  if (missing.length > 0 && (process.getuid?.() !== 0 || findProgram('apt-get') === null))
    return `it needs ${missing.join(', ')}, which it installs itself as root on Debian; install ${[...new Set(missing.map((one) => programs[one]))].join(', ')} first`;
  return null;
}

interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

let child: ChildProcess | null = null;
function vitest(env: NodeJS.ProcessEnv, report: string): Promise<number> {
  const names = titles.length === 0 ? [] : ['-t', `(^|[\\s,])(${titles.join('|')})[\\s,:]`];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const argv = ['node_modules/vitest/vitest.mjs', 'run', '--project=deploy', ...named, ...names, ...reporters];
  child = spawn(process.execPath, argv, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env, detached: true });
  const running = child;
  return new Promise((resolve) => running.once('close', (code) => resolve(code ?? 1)));
}

// Whoever read along may be gone; what has begun is cleaned up all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// What runs is ended; who waits for it fails, and cleaning up goes its one way, at the end of this file: nothing is put away while
// another step is still making more of it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (stopping.signal.aborted) return;
    console.log(`${signal}: cleaning up`);
    stopping.abort(new Error(`ended by ${signal}`));
    try {
      if (child?.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
    stopRuns();
  });

/** The daemon, the image and compose; returns what the tests need to find them. */
async function deployment(scratch: string): Promise<Readonly<Record<string, string>>> {
  const restore = await remember();
  undo.push(['put the firewall back', restore]);
  const engine = startEngine(join(scratch, 'docker'));
  undo.push(['stop the Docker daemon', () => engine.stop()]);
  await step('start a Docker daemon', () => engine.ready());
  const env = { ...process.env, ...engine.env };
  const base = baseImageOf(readFileSync(join(root, 'Dockerfile'), 'utf8'));
  await step(
    `base image ${base}`,
    () => ensureBaseImage(base, scratch, env),
    (how) => how,
  );
  await step('build the image', () =>
    run(dockerClient(), ['build', '--network', 'host', '-t', imageName, root], { env, limitSeconds: buildSeconds }),
  );
  // For stacks that are waited for: asked for its health more often.
  const quick = readFileSync(join(root, 'Dockerfile'), 'utf8').match(/^HEALTHCHECK .*\\\n.*$/m)?.[0] ?? '';
  const derived = `FROM ${imageName}\n${quick.replace(/--interval=\S+/, '--interval=500ms')}\n`;
  await run(dockerClient(), ['build', '-q', '-t', `${imageName}-quick`, '-'], { env, input: derived });
  if (needsCompose)
    await step('compose of Debian 13, where there is none', async () => {
      if ((await tryRun(dockerClient(), ['compose', 'version'], { env })).code === 0) return;
      const folder = join(scratch, 'compose');
      await unpackFromTrixie('docker-compose', folder);
      const plugins = join(engine.env['DOCKER_CONFIG'] ?? '', 'cli-plugins');
      mkdirSync(plugins, { recursive: true });
      await run('cp', [join(folder, 'usr/libexec/docker/cli-plugins/docker-compose'), plugins]);
    });
  return { ...engine.env, DEPLOY_IMAGE: imageName };
}

async function main(): Promise<number> {
  if (chosen.length === 0) throw new Error(`no file matches ${named.join(' ')}; there are ${files.join(', ')}`);
  const problem = complaint();
  if (problem !== null) throw new Error(`npm run test:deploy: ${problem}`);
  if (needsDocker) await step('wait for its turn', alone);
  await step(
    'programs from Debian',
    () => install(programs),
    (installed) => (installed.length === 0 ? 'all there' : installed.join(', ')),
  );
  const scratch = mkdtempSync(join(tmpdir(), 'codex-actors-deploy-'));
  undo.push([
    'remove the scratch folder',
    async () => {
      await unmountBelow(scratch);
      rmSync(scratch, { recursive: true, force: true });
    },
  ]);
  // What a test that is killed leaves lies there, too.
  const temporary = join(scratch, 'tmp');
  mkdirSync(temporary, { mode: 0o777 });
  chmodSync(scratch, 0o755);
  chmodSync(temporary, 0o1777);
  const env = needsDocker ? await deployment(scratch) : {};
  const report = values.report ?? join(scratch, 'report.json');
  const code = await step('tests', () => vitest({ ...process.env, ...env, TMPDIR: temporary }, report));
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8')) as Counts;
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
  // The page of rows counts on every one of them.
  const isWhole = positionals.length === 0;
  if (values.keep) {
    console.log(
      Object.entries(env)
        .map(([name, value]) => `export ${name}=${value}`)
        .join('\n'),
    );
    const input = createInterface({ input: process.stdin, output: process.stdout });
    await input.question('Enter ends it. ', { signal: stopping.signal }).finally(() => input.close());
  }
  return isWhole && numPendingTests > 0 ? 1 : code;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  allowRuns();
  await cleanUp();
  if (stopping.signal.aborted) process.exitCode = 130;
  console.log(`${seconds(started)}  all`);
}
