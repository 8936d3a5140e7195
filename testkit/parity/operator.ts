/**
 * An operator script as its users start it, a fake edge before a gateway, and programs that are put in front of PATH. Invariant:
 * a script sees the environment that the test gives it and nothing else, and no server and no folder outlives its test.
 */

import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import type { Ended } from './start.ts';

const root = join(import.meta.dirname, '../..');
const withinMs = 60_000;

export interface Run {
  readonly env?: Readonly<Record<string, string>>;
  /** A project made by `project()`, instead of this one. */
  readonly project?: string;
}

/** `script` is the name of a file in `deploy/ops/`. */
export function operate(
  script: string,
  args: readonly string[],
  { env = {}, project = root }: Run = {},
): Promise<Ended> {
  const whole = { PATH: process.env['PATH'], ...env };
  return new Promise((resolve) => {
    const options = { env: whole, cwd: project, timeout: withinMs, killSignal: 'SIGKILL' } as const;
    execFile(process.execPath, [join(project, 'deploy/ops', script), ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

/** A folder of this test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-ops-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A project of its own around copies of the scripts, with these files besides; all of them committed, secrets included. */
export function project(files: Readonly<Record<string, string>>): string {
  const folder = scratch();
  for (const part of ['deploy/ops', 'deploy/edge'])
    cpSync(join(root, part), join(folder, part), { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  for (const [path, text] of Object.entries({ 'package.json': '{"type":"module","version":"1.2.3"}', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  commit(folder);
  return folder;
}

const git = (folder: string, ...args: readonly string[]): string => {
  const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'init.defaultBranch=main'];
  const env = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  return execFileSync('git', [...who, ...args], { cwd: folder, env, encoding: 'utf8' });
};

/** Everything, whatever is ignored. */
function commit(folder: string): void {
  git(folder, 'init', '-q');
  git(folder, 'add', '-f', '-A');
  git(folder, 'commit', '-q', '-m', 'all');
}

export const tagged = (folder: string, tag: string): string => git(folder, 'tag', '-a', tag, '-m', tag);

export interface Stub {
  /** For the environment of the script. */
  readonly path: string;
  /** Each call's arguments, so far. */
  calls(): readonly (readonly string[])[];
}

/** A program of that name that notes its arguments and goes on with a few lines of JavaScript, which know them as `args`. */
export function stub(name: string, body = ''): Stub {
  const folder = scratch();
  const file = join(folder, name);
  const log = join(folder, 'calls');
  const note = `require('node:fs').appendFileSync(${JSON.stringify(log)}, JSON.stringify(args) + '\\n');`;
  writeFileSync(file, `#!${process.execPath}\nconst args = process.argv.slice(2);\n${note}\n${body}\n`);
  chmodSync(file, 0o755);
  writeFileSync(log, '');
  return {
    path: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as readonly string[]),
  };
}

export interface Edge {
  readonly url: string;
  readonly seen: readonly http.IncomingMessage[];
}

/** Passes on what is routed, with the headers that an edge adds; everything else is 404, as without a router. */
export async function edgeBefore(port: number): Promise<Edge> {
  const seen: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    seen.push(request);
    const path = request.url ?? '/';
    if (!/^\/(?:v1\/|healthz$|readyz$|livez$)/u.test(path)) {
      response.writeHead(404).end('404 page not found');
      return;
    }
    // A connection of its own for each request: one that is kept may be closed by the gateway while it is chosen.
    const headers = {
      ...request.headers,
      connection: 'close',
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
    };
    const onward = http.request(
      { port, host: '127.0.0.1', agent: false, path, method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, {
          ...answer.headers,
          'strict-transport-security': 'max-age=31536000',
          'x-content-type-options': 'nosniff',
        });
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.writeHead(502).end());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}
