// The last step of a build: what the image promises is tried, as the user that it runs as. A failure ends the build, in one line.

import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { strippedFile } from '../launch-strip.mjs';

const fail = (words) => {
  console.error(`image: ${words}`);
  process.exit(1);
};

const codex = (...args) => {
  try {
    return execFileSync('codex', args, { encoding: 'utf8', env: { ...process.env, HOME: '/tmp', CODEX_HOME: '/tmp' } });
  } catch (error) {
    return fail(`codex ${args.join(' ')} fails: ${String(error).split('\n')[0]}`);
  }
};

const pinned = JSON.parse(readFileSync('package.json', 'utf8')).dependencies['@openai/codex'];
const version = codex('--version').trim();
if (version !== `codex-cli ${pinned}`) fail(`the CLI says ${version}, pinned is ${pinned}`);
if (!codex('app-server', '--help').includes('app-server'))
  fail('codex app-server --help says nothing of an app-server');

for (const folder of ['/app/.codex-api', '/app/.data', '/tmp/codex-work']) {
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    fail(`${folder} cannot be written`);
  }
}

try {
  accessSync(join('/app', ...strippedFile(process.versions.node)), constants.R_OK);
} catch {
  fail('the sources without their types were not kept');
}

// As programs of their own, for nothing in this folder imports the gateway.
const load = "import { loadUws } from '/app/http/uws.ts'; console.log(loadUws().build);";
const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', load], {
  encoding: 'utf8',
});
const build = stdout.trim();
if (status !== 0) fail(/Error: (.*)/.exec(stderr)?.[1] ?? stderr);
console.log(
  `image: linux/${process.arch}, Node ${process.versions.node}, uWebSockets.js ${build}, Codex CLI ${pinned}`,
);
