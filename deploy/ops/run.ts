/**
 * Starts other programs: docker, git, tar, gpg. Invariant: always with a list of arguments, never through a shell; a secret
 * travels over stdin or the environment, never in an argument, because every user of the machine can read those.
 */

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { Failure } from './refusal.ts';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Its output goes to the terminal as it comes, and is not kept. */
  readonly shown?: boolean;
  readonly timeoutMs?: number;
  /** Hears of both outputs as they come. */
  readonly told?: (text: string) => void;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const outputCharactersMax = 16 * 1024 * 1024;
const defaultTimeoutMs = 600_000;

export const inPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });

export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd, env, input, shown = false, timeoutMs = defaultTimeoutMs, told } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      shell: false,
      timeout: timeoutMs,
      stdio: [input === undefined ? 'ignore' : 'pipe', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
    });
    const kept = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        told?.(text);
        if (kept[name].length < outputCharactersMax) kept[name] += text;
      });
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      reject(new Failure(missing ? `${program} is not installed, or not in PATH` : `${program}: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      if (signal !== null && code === null) {
        reject(new Failure(`${program} was ended by ${signal}, or took longer than ${timeoutMs / 1000} s`));
        return;
      }
      resolve({ code: code ?? 1, ...kept });
    });
    // A program that ends without reading its input is judged by its exit code.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? '';

/** What it wrote; a failure unless it ends with 0. */
export async function mustRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code === 0) return stdout;
  const why = lastLine(stderr) || lastLine(stdout);
  throw new Failure(`${commandLine(program, args)} ended with ${code}${why === '' ? '' : `: ${why}`}`);
}

/** For people to read. */
export const commandLine = (program: string, args: readonly string[]): string =>
  [program, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
