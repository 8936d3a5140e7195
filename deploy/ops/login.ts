/**
 * `npm run login`: signs the CLI in, in the home that the gateway serves from. A gateway that runs takes the sign-in up with its
 * next request. Invariant: no token and no key passes through this script; what the CLI asks and says goes straight to the terminal.
 */

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { spawn } from 'node:child_process';
import { plainWord } from './arguments.ts';
import { type Environment, firstOf, loadEnvironment, root } from './environment.ts';
import { given, isFile, isFolder, ofProject, prodHome } from './homes.ts';
import { composeProgram } from './images/docker.ts';
import { Failure, Refusal } from './refusal.ts';
import { commandLine, inPath } from './run.ts';
import { runScript } from './script.ts';

/** As the gateway finds it: CODEX_BIN, a script by Node, otherwise the pinned package. */
function codexCommand(env: Environment): readonly [string, ...string[]] {
  const named = firstOf(env, 'CODEX_BIN');
  const script = named === undefined ? join(root, 'node_modules/@openai/codex/bin/codex.js') : given(named);
  if (named !== undefined && !named.includes('/')) {
    if (!inPath(named)) throw new Refusal(`CODEX_BIN=${named} is not in PATH`);
    return [named];
  }
  if (!isFile(script)) throw new Refusal(`${script} is missing; CODEX_BIN names the Codex CLI`);
  return /\.[mc]?[jt]s$/u.test(script) ? [process.execPath, script] : [script];
}

/** The terminal is the CLI's own; resolves with its exit code. */
const handOver = ([program, ...args]: readonly [string, ...string[]], env: Environment): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', shell: false, env: { ...process.env, ...env } });
    child.once('error', (error) => reject(new Failure(`${program}: ${error.message}`)));
    child.once('close', (code) => resolve(code ?? 1));
    // Ctrl-C reaches the CLI by itself, and this script ends with it.
    process.on('SIGINT', () => undefined);
    process.once('SIGTERM', () => child.kill('SIGTERM'));
  });

await runScript(
  {
    command: 'npm run login',
    summary:
      'Signs the Codex CLI in with a device code: it shows an address and a code to type there, on any device. The sign-in is kept in the home of the gateway.',
    options: {
      home: { value: 'HOME', help: 'Which home; beats CODEX_HOME.' },
      service: { value: 'NAME', help: 'In the container of this service that runs, such as app.', check: plainWord },
      browser: { help: 'With a browser on this machine instead (port 1455).' },
      'with-api-key': { help: 'An OpenAI API key from stdin instead; needs PROXY_PREFERRED_AUTH_METHOD=apikey.' },
      status: { help: 'Only say who is signed in.' },
    },
    variables: {
      CODEX_HOME: `The home [${prodHome} of the project].`,
      CODEX_BIN: 'The Codex CLI [the one of the pinned package].',
    },
    examples: [
      'npm run login',
      'npm run login -- --service app',
      'printenv OPENAI_API_KEY | npm run login -- --with-api-key',
    ],
  },
  process.argv.slice(2),
  async ({ values }, stage) => {
    const env = loadEnvironment('.env');
    stage.hide(env);
    const ways = [values.browser, values['with-api-key'], values.status].filter(Boolean).length;
    if (ways > 1) throw new Refusal('--browser, --with-api-key and --status exclude each other');
    if (values.service !== undefined && (values.home !== undefined || values.browser))
      throw new Refusal('--service has its own home and no browser');
    const way = values.status
      ? ['status']
      : values['with-api-key']
        ? ['--with-api-key']
        : values.browser
          ? []
          : ['--device-auth'];
    // In the home's own file, never in a key ring that a server does not have.
    const args = ['login', '-c', 'cli_auth_credentials_store="file"', ...way];
    if (values.service !== undefined) {
      const compose = await composeProgram();
      if (compose === undefined) throw new Refusal('docker compose is not installed');
      const plain = process.stdin.isTTY ? [] : ['-T'];
      const command = [compose.program, ...compose.args, 'exec', ...plain, values.service, 'codex', ...args] as const;
      let code = 0;
      await stage.act(`run ${commandLine(command[0], command.slice(1))}`, async () => {
        code = await handOver([...command], {});
      });
      return code === 0 ? 0 : 1;
    }

    const [program, ...before] = codexCommand(env);
    const chosen = values.home ?? firstOf(env, 'CODEX_HOME');
    const home = chosen === undefined ? ofProject(prodHome) : given(chosen);
    if (existsSync(home) && !isFolder(home)) throw new Refusal(`${home} is not a folder`);
    if (!isFolder(home) && values.status) throw new Refusal(`${home} is missing: nobody is signed in`);
    if (!isFolder(home)) await stage.act(`make ${home}`, () => void mkdirSync(home, { recursive: true, mode: 0o700 }));
    let code = 0;
    await stage.act(`run CODEX_HOME=${home} ${commandLine('codex', args)}`, async () => {
      code = await handOver([program, ...before, ...args], { CODEX_HOME: home });
    });
    if (code !== 0) return 1;
    if (!stage.dryRun && !values.status) stage.say('A gateway that runs takes it up with its next request.');
    return 0;
  },
);
