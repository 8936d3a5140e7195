// The one command that checks everything: `npm run check`, with --cli the tests against the real CLI and with real clients (`npm test`), and with
// --slow the parity table, the model checker and everything else that takes minutes (CI).
// Runs the stages with a bounded number at a time, prints one line a stage, and shows the output of those that failed. With
// `--report FOLDER` the folder gets what each stage wrote and reported, also when it fails; `npm run test:report` reads it.
// Invariants: every stage has a time limit, a stage that ends badly fails the whole, and the last line is the sum of
// all tests (a stage without tests counts as one).

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tally } from './check-tally.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Where the reports are to stay; without it they go with the run. */
const reportAt = process.argv.indexOf('--report');
const kept = reportAt < 0 ? undefined : process.argv[reportAt + 1];
if (reportAt >= 0 && (kept === undefined || kept.startsWith('-'))) {
  process.stderr.write('check: --report needs the name of a folder\n');
  process.exit(2);
}
const reports =
  kept === undefined ? mkdtempSync(join(tmpdir(), 'codex-actors-check-')) : freshFolder(resolve(root, kept, 'check'));
function freshFolder(path) {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}
const removeReports = () => {
  if (kept === undefined) rmSync(reports, { recursive: true, force: true });
};

const vitest = (name, ...args) => ({
  name,
  report: join(reports, `${name}.json`),
  argv: [
    'node_modules/vitest/vitest.mjs',
    'run',
    ...args,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${join(reports, `${name}.json`)}`,
  ],
});

// Vitest always loads XState's development build; under NODE_ENV=production the machines meet the one that ships.
const production = { NODE_ENV: 'production' };

/** In order of start; `limitSeconds` ends a stage that hangs. The real CLI runs alone, so that its deadlines are fair. */
const stages = [
  { name: 'format', argv: ['node_modules/@biomejs/biome/bin/biome', 'format', '.'] },
  { name: 'lint', argv: ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings', '.'] },
  { name: 'types', argv: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'dead-code', argv: ['node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints'] },
  vitest('unit', '--project=unit'),
  { ...vitest('unit-production', '--project=unit', 'machines/', 'actors/', 'testkit/model/'), env: production },
];
// Plain Node loads the build of XState that ships, and the other one under this condition.
const development = '--conditions=development';
const shown = (name, ...argv) => ({ name, argv, show: true, limitSeconds: 900 });

/** CPU time is compared: alone. */
const countedStages = [shown('counted', 'bench/counted.ts')];

/** That each kind of scenario still runs and verifies what it reads: at this length the figures say nothing. Alone, as it pins itself to cores. */
const benchStages = [
  {
    ...shown(
      'bench-short',
      'bench/main.ts',
      ...['saturation', 'requests', 'paced', 'overload', 'start-up', 'slow-readers'],
      ...['--short', '--rounds', '1', '--json', join(reports, 'bench-short.json')],
    ),
    limitSeconds: 240,
  },
];

/** What they print is part of the result. */
const slowStages = [
  shown('model', 'testkit/model/main.ts'),
  shown('spin', 'testkit/model/spin-main.ts'),
  shown('sequences', 'testkit/sequences/main.ts', '--seed', '1'),
  shown('sequences-dev', development, 'testkit/sequences/main.ts', '--seed', '2'),
  shown('simulate', 'testkit/simulator/main.ts', '--seed', '1'),
  shown('simulate-dev', development, 'testkit/simulator/main.ts', '--seed', '2'),
  shown('simulate-breaks', 'testkit/simulator/main.ts', '--breaks'),
  shown('mutants', 'testkit/model/mutants/main.ts', '--tenth', '1'),
  shown('mutation', 'testkit/mutation/main.ts'),
];
/** The image, the stacks, the edges and the monitoring as they are deployed, with a Docker daemon of its own: needs root and Debian. */
const deployStages = [
  {
    name: 'deploy',
    report: join(reports, 'deploy.json'),
    argv: ['deploy/e2e/main.ts', '--report', join(reports, 'deploy.json')],
    show: true,
    limitSeconds: 900,
    // It has a daemon, mounts and rules of a firewall to put away.
    ending: 'SIGTERM',
  },
];
/** Every row of the parity table, and every defect of the predecessor put back: gateways of their own, so alone, too. */
const parityStages = [
  {
    name: 'parity',
    report: join(reports, 'parity.json'),
    argv: ['testkit/parity/main.ts', '--report', join(reports, 'parity.json')],
    limitSeconds: 1_800,
  },
  shown('defects', 'testkit/parity/defects/main.ts'),
];
const cliStages = [
  { ...vitest('cli', '--project=cli'), limitSeconds: 600 },
  { ...vitest('clients', '--project=clients'), limitSeconds: 600 },
];

function runStage({ name, argv, env = {}, limitSeconds = 400, report, show = false, ending = 'SIGKILL' }) {
  return new Promise((done) => {
    const started = performance.now();
    // A group of its own, so that a stage over its limit ends with all its workers.
    const child = spawn(process.execPath, argv, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running.set(child, ending);
    const output = [];
    let late;
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    const limit = setTimeout(() => {
      output.push(Buffer.from(`\n${name}: over its limit of ${limitSeconds} s, ended\n`));
      endGroup(child, ending);
      late = setTimeout(() => endGroup(child, 'SIGKILL'), cleanUpMs);
    }, limitSeconds * 1000);
    child.once('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.once('close', (code) => {
      clearTimeout(limit);
      clearTimeout(late);
      running.delete(child);
      const seconds = (performance.now() - started) / 1000;
      done({ name, ok: code === 0, show, seconds, report, output: Buffer.concat(output).toString() });
    });
  });
}

const cleanUpMs = 60_000;
/** With the signal that ends each. */
const running = new Map();
function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is already gone.
  }
}

async function runAll(list, width) {
  const waiting = [...list];
  const results = [];
  const lane = async () => {
    for (let stage = waiting.shift(); stage !== undefined; stage = waiting.shift()) {
      const result = await runStage(stage);
      results.push(result);
      if (kept !== undefined) writeFileSync(join(reports, `${result.name}.log`), result.output);
      process.stdout.write(line(result));
      if (!result.ok || result.show) process.stdout.write(`\n${result.output.trimEnd()}\n\n`);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

const line = ({ name, ok, seconds }) =>
  `${name.padEnd(16)} ${seconds.toFixed(1).padStart(6)}  ${ok ? 'ok' : 'FAILED'}\n`;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const [child, ending] of running) endGroup(child, ending);
    removeReports();
    process.exit(130);
  });
}

const started = performance.now();
process.stdout.write(`${'stage'.padEnd(16)} seconds\n`);
const results = await runAll(stages, availableParallelism());
if (process.argv.includes('--cli')) results.push(...(await runAll(cliStages, 1)));
if (process.argv.includes('--slow'))
  results.push(...(await runAll([...deployStages, ...parityStages, ...countedStages, ...benchStages], 1)));
if (process.argv.includes('--slow')) results.push(...(await runAll(slowStages, availableParallelism())));
const ok = results.every((result) => result.ok);
process.stdout.write(line({ name: 'all', ok, seconds: (performance.now() - started) / 1000 }));
const { passed, failed, skipped } = tally(results);
if (kept !== undefined) {
  const stagesTold = results.map(({ name, ok: well, seconds, report }) => ({
    name,
    ok: well,
    seconds,
    ...(report === undefined ? {} : { report: basename(report) }),
  }));
  const summary = { ok, passed, failed, skipped, stages: stagesTold };
  writeFileSync(join(reports, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
}
removeReports();
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = ok ? 0 : 1;
