/**
 * `npm run doctor`: reads an environment file, an old one say, and tells what each line will do; looks at the CLI, the home, the
 * account and the ports; ends with what to do next. It changes nothing. Exit code 1: the gateway would not start.
 */

import { openSync, readSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import type { Finding } from '../actors/seams.ts';
import { checkAccount, checkCli, checkFolder, checkHomeFiles, checkPort } from '../transport/checkup.ts';
import type { Config } from './config.ts';
import { diagnose, report } from './doctor.ts';
import { environmentOf, readEnvFile, strayLines } from './env-file.ts';

const usage = `usage: npm run doctor -- [FILE]

Reads FILE, an environment file such as the .env of codex-app-server-proxy, over the environment of this shell, and
tells what each line will do and what is missing. Without FILE: .env, if there is one.
`;

const fail = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(2);
};

/** Of an environment file. */
const bytesMax = 1_048_576;

/** What stands in it, also in a pipe. */
const contentOf = (file: string, mustExist: boolean): string | null => {
  try {
    const opened = openSync(file, 'r');
    const content = Buffer.alloc(bytesMax + 1);
    let bytes = 0;
    for (let read = -1; read !== 0; bytes += read)
      read = readSync(opened, content, bytes, content.length - bytes, null);
    if (bytes > bytesMax) return fail(`${file} is longer than an environment file can be (${bytesMax} bytes)`);
    return content.toString('utf8', 0, bytes);
  } catch (error) {
    if (!mustExist && (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return fail(`${file} cannot be read: ${(error as Error).message}`);
  }
};

async function lookAt(config: Config, environment: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const mode = config.useAppServer ? 'app-server' : 'proto';
  const cli = checkCli({ binary: config.codexBin ?? null, cwd: process.cwd(), environment }, mode);
  const ownHome = (environment['CODEX_HOME'] ?? '').trim() !== '';
  const callback = config.loginFlow === 'browser' ? [checkPort('127.0.0.1', 1455)] : [];
  return [
    ...(await Promise.all([
      cli,
      checkFolder('CODEX_HOME', config.codexHome, ownHome),
      checkFolder('PROXY_CODEX_WORKDIR', config.workDir, false),
      checkFolder('CODEX_SQLITE_HOME', config.stateDir, false),
      checkAccount(config.codexHome, config.providerUrl !== undefined),
      checkPort(config.host.replace(/^\[(.*)\]$/u, '$1'), config.port),
      ...callback,
    ])),
    ...(await checkHomeFiles(config.codexHome)),
  ];
}

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) process.stdout.write(usage);
else {
  if (args.length > 1 || args[0]?.startsWith('-') === true) fail(usage);
  const [given] = args;
  // npm runs this in the project's folder; the file was named from where its user stands.
  const file = resolve(process.env['INIT_CWD'] ?? process.cwd(), given ?? '.env');
  const text = contentOf(file, given !== undefined);
  const lines = text === null ? [] : readEnvFile(text);
  const environment = { ...process.env, ...environmentOf(lines) };
  const place = { cwd: process.cwd(), tmpdir: tmpdir(), cores: availableParallelism() };
  const diagnosis = diagnose(lines, environment, place, text === null ? [] : strayLines(text));
  // What has to be corrected first must not hide what else is missing.
  const machine = await lookAt(diagnosis.result.config, environment);
  process.stdout.write(report(text === null ? null : (given ?? '.env'), diagnosis, machine));
  const bad = [...diagnosis.lines, ...diagnosis.start, ...machine].some(({ verdict }) => verdict === 'bad');
  process.exitCode = bad ? 1 : 0;
}
