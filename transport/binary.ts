/**
 * Finds the program to start: the native binary of the pinned npm package, or what the operator names instead. The npm
 * launcher script is avoided: it costs a second process, which would have to be signalled, too.
 */

import { accessSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Environment } from './environment.ts';

export type Binary =
  | { readonly found: true; readonly command: string; readonly args: readonly string[] }
  | { readonly found: false; readonly reason: string };

export interface BinaryOptions {
  /** A bare name is looked up in PATH, a relative path from `cwd`, a script runs with the current Node. Null: the package's. */
  readonly binary: string | null;
  readonly cwd: string;
  readonly environment: Environment;
  readonly platform?: string;
  readonly arch?: string;
  /** Module path from which `@openai/codex` is resolved. */
  readonly from?: string;
}

const targets: Readonly<Record<string, string>> = {
  'linux-x64': 'x86_64-unknown-linux-musl',
  'linux-arm64': 'aarch64-unknown-linux-musl',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
  'win32-x64': 'x86_64-pc-windows-msvc',
  'win32-arm64': 'aarch64-pc-windows-msvc',
};

const missing = (reason: string): Binary => ({ found: false, reason });

/** Null when the file can be executed, else why not. */
const obstacle = (path: string, mode: number): string | null => {
  try {
    if (!statSync(path).isFile()) return `${path} is not a file`;
    accessSync(path, mode);
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOENT' ? `${path} does not exist` : `${path} cannot be executed (${code ?? 'unknown error'})`;
  }
};

const named = (binary: string, options: BinaryOptions): Binary => {
  if (/\.(?:js|mjs|cjs|ts|mts)$/u.test(binary)) {
    const script = resolve(options.cwd, binary);
    const reason = obstacle(script, constants.R_OK);
    return reason === null
      ? { found: true, command: process.execPath, args: [script] }
      : missing(`codex binary: ${reason}`);
  }
  if (isAbsolute(binary) || binary.includes('/') || binary.includes('\\')) {
    const path = resolve(options.cwd, binary);
    const reason = obstacle(path, constants.X_OK);
    return reason === null ? { found: true, command: path, args: [] } : missing(`codex binary: ${reason}`);
  }
  for (const folder of (options.environment['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, binary);
    if (obstacle(path, constants.X_OK) === null) return { found: true, command: path, args: [] };
  }
  return missing(`codex binary: ${binary} is not in PATH`);
};

const packaged = (options: BinaryOptions): Binary => {
  const key = `${options.platform ?? process.platform}-${options.arch ?? process.arch}`;
  const target = targets[key];
  if (target === undefined) return missing(`codex binary: @openai/codex has none for ${key}; name one with CODEX_BIN`);
  try {
    const codex = createRequire(options.from ?? import.meta.url).resolve('@openai/codex/package.json');
    const platform = createRequire(codex).resolve(`@openai/codex-${key}/package.json`);
    const program = key.startsWith('win32') ? 'codex.exe' : 'codex';
    const path = join(dirname(platform), 'vendor', target, 'bin', program);
    const reason = obstacle(path, constants.X_OK);
    return reason === null ? { found: true, command: path, args: [] } : missing(`codex binary: ${reason}`);
  } catch {
    return missing(
      `codex binary: the package @openai/codex-${key} is not installed (an install that omits optional dependencies loses it); install it or name a binary with CODEX_BIN`,
    );
  }
};

export const resolveBinary = (options: BinaryOptions): Binary =>
  options.binary === null || options.binary === '' ? packaged(options) : named(options.binary, options);
