/**
 * What the doctor looks at on the machine: the CLI, the folders, the sign-in, the ports. Each look changes nothing that stays, has
 * a time limit, and is a finding whatever comes of it.
 */

import { execFile } from 'node:child_process';
import { constants, promises } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Finding } from '../actors/seams.ts';
import { type BinaryOptions, resolveBinary } from './binary.ts';
import { generatedMark } from './config-toml.ts';
import { codexVersion, tooOld, unknownVersion } from './handshake.ts';
import { readOperatorConfig } from './operator-config.ts';

const { access, readFile, stat } = promises;

const programMs = 15_000;
const run = promisify(execFile);

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';
const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** `mode`: the subcommand that the gateway will use. */
export async function checkCli(options: BinaryOptions, mode: 'app-server' | 'proto'): Promise<Finding> {
  const binary = resolveBinary(options);
  if (!binary.found)
    return { verdict: 'bad', what: binary.reason, remedy: 'correct CODEX_BIN, or leave it out for the pinned CLI' };
  const started = async (...args: readonly string[]): Promise<string> =>
    (await run(binary.command, [...binary.args, ...args], { timeout: programMs, maxBuffer: 1_048_576 })).stdout;
  let version: string = unknownVersion;
  try {
    version = /\d+\.\d+\.\d+\S*/u.exec(await started('--version'))?.[0] ?? version;
  } catch (error) {
    const what = `the Codex CLI cannot be run: ${(error as Error).message.split('\n')[0] ?? ''}`;
    return { verdict: 'bad', what, remedy: 'correct CODEX_BIN, or leave it out for the pinned CLI' };
  }
  if (mode === 'app-server' && tooOld(version)) {
    return {
      verdict: 'bad',
      what: `the Codex CLI is ${version}, which is too old; the gateway is made for ${codexVersion}`,
      remedy: 'leave CODEX_BIN out, or for a CLI that has `codex proto` (0.42 is one) set PROXY_USE_APP_SERVER=false',
    };
  }
  if (mode === 'app-server' && version !== codexVersion) {
    const what = `the Codex CLI is ${version}; the gateway is made for, and tested with, ${codexVersion}`;
    return { verdict: 'note', what, remedy: 'leave CODEX_BIN out for the CLI that is tested' };
  }
  return { verdict: 'good', what: `Codex CLI ${version}, used as \`codex ${mode}\`` };
}

/** A folder that is there and can be written to, or can be made. */
export async function checkFolder(name: string, path: string, mustExist: boolean): Promise<Finding> {
  const remedy = `make ${name} a folder that this user can write to`;
  try {
    if (!(await stat(path)).isDirectory()) return { verdict: 'bad', what: `${name} is not a folder: ${path}`, remedy };
    await access(path, constants.W_OK);
    return { verdict: 'good', what: `${name} is there and can be written to: ${path}` };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      return { verdict: 'bad', what: `${name} cannot be used (${codeOf(error)}): ${path}`, remedy };
    if (mustExist)
      return { verdict: 'bad', what: `${name} does not exist: ${path}`, remedy: `make it: mkdir -p ${path}` };
    const parent = await access(dirname(path), constants.W_OK).then(
      () => true,
      () => false,
    );
    return parent
      ? { verdict: 'good', what: `${name} will be made: ${path}` }
      : { verdict: 'note', what: `${name} does not exist, and neither does, or is closed, the folder above: ${path}` };
  }
}

/** What an operator has put into the home. */
export async function checkHomeFiles(home: string): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  const config = await readFile(join(home, 'config.toml'), 'utf8').catch(() => null);
  if (config !== null && !config.startsWith(generatedMark)) {
    const { others } = readOperatorConfig(config);
    const left = others.length === 0 ? '' : `; of it these are left out: ${others.slice(0, 20).join(', ')}`;
    found.push({
      verdict: 'note',
      what: `config.toml is yours: it will be renamed to config.operator.toml, and its providers taken over${left}`,
    });
  }
  if (await exists(join(home, 'AGENTS.md')))
    found.push({ verdict: 'note', what: 'AGENTS.md is put into every prompt' });
  return found;
}

/** Whether there is an account to work with. */
export async function checkAccount(home: string, hasProvider: boolean): Promise<Finding> {
  if (hasProvider) return { verdict: 'good', what: 'CODEX_PROVIDER_URL names the provider; no account is needed' };
  if (!(await exists(join(home, 'auth.json')))) {
    return {
      verdict: 'note',
      what: 'nobody is signed in to Codex',
      remedy:
        'start, send a request from this machine, and follow the address that its 401 names; or copy an auth.json into CODEX_HOME',
    };
  }
  return { verdict: 'good', what: 'auth.json is there: somebody has signed in to Codex' };
}

export function checkPort(host: string, port: number): Promise<Finding> {
  if (port === 0) return Promise.resolve({ verdict: 'good', what: 'a free port will be taken' });
  const probe = createServer();
  const { promise, resolve } = Promise.withResolvers<Finding>();
  probe.once('error', (error) => {
    const remedy =
      codeOf(error) === 'EADDRINUSE' ? `stop what uses port ${port}, or set PORT` : 'set PROXY_HOST or PORT';
    resolve({ verdict: 'bad', what: `${host}:${port} cannot be listened on (${codeOf(error)})`, remedy });
  });
  probe.listen({ host, port, exclusive: true }, () => {
    probe.close(() => resolve({ verdict: 'good', what: `${host}:${port} is free` }));
  });
  return promise;
}
