/**
 * `npm run lint:runbooks`: every npm script, file and section that a document names exists. `npm run lint:readyz-doc`:
 * `docs/health.md` explains every reason and every member of the health answers, and none that there is not.
 */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { reasons } from '../actors/health.ts';
import { healthAnswer } from '../http/health.ts';
import { faultsIn } from './documents/runbooks.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

function runbookFaults(): readonly string[] {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const paths = globSync(['*.md', 'docs/**/*.md', 'deploy/**/*.md', '.codev/*.md', '.codex-*/*.md'], {
    cwd: root,
    exclude: ['**/node_modules/**'],
  });
  return paths.flatMap((path) => faultsIn({ path, text: read(path) }, root, new Set(Object.keys(scripts))));
}

/** The names of all members, of what is within them, too. */
const namesIn = (value: unknown): readonly string[] =>
  value === null || typeof value !== 'object'
    ? []
    : Object.entries(value).flatMap(([name, member]) => [...(Array.isArray(value) ? [] : [name]), ...namesIn(member)]);

/** With every member there can be. */
function healthMembers(): ReadonlySet<string> {
  const worker = {
    slot: 0,
    node: 0,
    state: 'ready',
    activeTurns: 0,
    restartsTotal: 0,
    consecutiveFailures: 0,
  } as const;
  const health = {
    ready: true,
    readiness: 'handshake_complete',
    live: true,
    liveness: 'worker_running',
    since: 0,
    lastReadyAt: 0,
    restartDelayMs: 0,
    startupLatencyMs: 0,
    queued: 0,
    deadLetters: 0,
    lastExit: { at: 0, code: 0, signal: null, reason: '' },
    workers: [worker],
  } as unknown as Parameters<typeof healthAnswer>[1];
  const view = {
    sandboxMode: 'read-only',
    backendMode: 'app-server',
    insider: true,
    models: [],
    anomalies: {},
    nodes: { configured: 2, up: 2 },
  } as const;
  return new Set(namesIn(healthAnswer('healthz', health, view).body));
}

function readyzFaults(): readonly string[] {
  const path = 'docs/health.md';
  const text = read(path);
  const known = new Set<string>([...reasons.readiness, ...reasons.liveness]);
  const told = new Set([...text.matchAll(/`([\w.]+)`/g)].flatMap(([, name = '']) => [name, ...name.split('.')]));
  const shaped = [...told].filter((name) =>
    /^(worker|handshake|shutdown|restart|supervisor|app_server)_[a-z_]+$/.test(name),
  );
  const members = healthMembers();
  return [
    ...[...known].filter((reason) => !told.has(reason)).map((reason) => `${path}: the reason ${reason} is missing`),
    ...[...members].filter((name) => !told.has(name)).map((name) => `${path}: the member ${name} is missing`),
    ...shaped.filter((name) => !known.has(name) && !members.has(name)).map((name) => `${path}: there is no ${name}`),
  ];
}

const checks: Readonly<Record<string, () => readonly string[]>> = { runbooks: runbookFaults, readyz: readyzFaults };
const check = checks[process.argv[2] ?? ''];
if (check === undefined) {
  process.stderr.write(`usage: documents.ts ${Object.keys(checks).join('|')}\n`);
  process.exitCode = 2;
} else {
  const faults = check();
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.stdout.write(`${faults.length === 0 ? 'nothing wrong' : `${faults.length} wrong`}\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
