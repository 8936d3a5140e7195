/**
 * `npm run setup:cloud` and `npm run setup:ci`: everything that a checkout needs to be worked with, in a cloud machine, a container or
 * a fork. Invariants: what is there stays as it is, so that a second run changes nothing; environment files are never touched.
 */

import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './environment.ts';
import { Failure } from './refusal.ts';
import { run } from './run.ts';
import { runScript, type Stage } from './script.ts';

/** Homes of Codex hold a sign-in: for their owner only, where they are made here. */
const folders: Readonly<Record<string, number>> = {
  '.codev': 0o700,
  '.codex-api': 0o700,
  '.codex-responses-api': 0o700,
  '.data': 0o700,
  'test-results': 0o755,
};
const templates = join(root, 'deploy/codex-home');
const workflows = ['ci.yml', 'image.yml', 'release.yml'];
const checkMs = 900_000;

function assertWritable(name: string): void {
  const probe = join(root, name, `.writable-${process.pid}`);
  try {
    writeFileSync(probe, '');
    rmSync(probe, { force: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(`${name} is not writable (${code}): give it to the user that runs the gateway`);
  }
}

async function prepareFolders({ act, dryRun }: Stage): Promise<void> {
  for (const [name, mode] of Object.entries(folders)) {
    const path = join(root, name);
    if (!existsSync(path)) await act(`make ${name}`, () => void mkdirSync(path, { recursive: true, mode }));
    if (!dryRun) assertWritable(name);
  }
}

async function seed({ act }: Stage): Promise<void> {
  for (const name of readdirSync(templates)) {
    const target = join(root, '.codev', name);
    const missing =
      !existsSync(target) && !(name === 'config.toml' && existsSync(join(root, '.codev/config.operator.toml')));
    if (missing)
      await act(`copy ${name} to .codev`, () => copyFileSync(join(templates, name), target, constants.COPYFILE_EXCL));
  }
}

async function install({ act }: Stage): Promise<void> {
  await act('complete the dependencies (npm ci where one is missing)', async () => {
    const { code, stderr } = await run(process.execPath, ['deploy/launch.mjs', '--install-only'], {
      cwd: root,
      env: { LAUNCH_QUIET: '1' },
    });
    if (code !== 0)
      throw new Failure(`the dependencies could not be installed: ${stderr.trim().split('\n').at(-1) ?? ''}`);
  });
}

/** What a fork needs besides the files. */
function lookAtFork({ say }: Stage): void {
  const missing = workflows.filter((name) => !existsSync(join(root, '.github/workflows', name)));
  if (missing.length > 0)
    throw new Failure(
      `.github/workflows/${missing.join(', ')} missing: take the folder from upstream (git checkout upstream/main -- .github)`,
    );
  say('workflows are there. A fork has to enable them: Actions, "I understand my workflows, go ahead and enable them"');
}

await runScript(
  {
    command: 'npm run setup:cloud',
    summary:
      'Prepares a checkout: Node, dependencies, writable homes. A second run changes nothing; .env is never touched.',
    options: {
      verify: { help: 'Then run npm run check.' },
      'skip-browsers': { help: 'Understood; no test needs a browser, so none is installed.' },
      'no-ci': { help: 'Leave the dependencies as they are: no npm ci.' },
      'seed-dev-config': { help: 'Copy config.toml and AGENTS.example.md to .codev where they are missing.' },
      fork: { help: 'Look at what a fork needs, too (npm run setup:ci).' },
    },
    variables: {
      'HTTP_PROXY, HTTPS_PROXY': 'For npm.',
      PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: 'As --skip-browsers.',
      QUIET: '1: only errors are printed.',
    },
  },
  process.argv.slice(2),
  async ({ values }, given) => {
    const quiet = process.env['QUIET'] === '1';
    const say = (line: string): void => {
      if (!quiet) given.say(line);
    };
    const stage: Stage = {
      ...given,
      say,
      act: async (what, doing) => {
        say(given.dryRun ? `would ${what}` : what);
        if (!given.dryRun) await doing();
      },
    };
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
    say(`Node ${process.versions.node} runs the project (${engines.node})`);
    if (!given.dryRun) assertWritable('.');
    if (!values['no-ci']) await install(stage);
    await prepareFolders(stage);
    if (values['seed-dev-config']) await seed(stage);
    if (!values['skip-browsers'] && !process.env['PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD'])
      say('no test needs a browser: none is installed');
    if (values.fork) lookAtFork(stage);
    if (values.verify) {
      await stage.act('run npm run check', async () => {
        const { code } = await run(process.execPath, ['deploy/launch.mjs', 'deploy/check.mjs'], {
          cwd: root,
          shown: !quiet,
          timeoutMs: checkMs,
        });
        if (code !== 0) throw new Failure('npm run check found something, see above');
      });
    }
    say(given.dryRun ? 'nothing was done' : 'ready: npm run dev:shim, npm test');
  },
);
