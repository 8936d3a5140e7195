// The one file that the host's own Node executes: `node deploy/launch.mjs [options] <program> [arguments]`.
// It chooses a Node that can run the project, completes both dependency trees, then runs the program.
// Invariants: nothing is written when nothing is missing, a failed step is one line and exit 1, and the program's end
// (code or signal) is the launcher's end. Every file it imports has no dependencies and is readable by Node 18.
//
//   --production-ok   accept a tree made by `npm ci --omit=dev` (for the server, never for the tests)
//   --install-only    complete the trees and stop
//   --max-semi-space-size=MB   for the program's Node
//   LAUNCH_FORCE_TOOLCHAIN=1   take the fetched Node even where the host's would do
//   LAUNCH_QUIET=1             no progress lines (errors are still told)

import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingFromProject, missingFromToolchain } from './launch-complete.mjs';
import { npmCi, onceAtATime } from './launch-install.mjs';
import { chooseNode, containerCommand, fetchedNode, hostFacts } from './launch-node.mjs';
import { childEnd, exitAs, run } from './launch-run.mjs';
import { isStale } from './launch-strip.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const toolchain = resolve(root, 'deploy', 'node');

const say = (line) => {
  if (process.env.LAUNCH_QUIET !== '1') process.stderr.write(`launch: ${line}\n`);
};

/** Reads the launcher's own options; everything from the program's name on belongs to the program. */
function parse(argv) {
  const options = { productionOk: false, installOnly: false, node: [], program: [] };
  for (let i = 0; i < argv.length; i += 1) {
    if (argv[i] === '--production-ok') options.productionOk = true;
    else if (argv[i] === '--install-only') options.installOnly = true;
    else if (/^--max-semi-space-size=\d+$/.test(argv[i])) options.node.push(argv[i]);
    else if (argv[i].startsWith('--')) throw new Error(`unknown option ${argv[i]}`);
    else return { ...options, program: argv.slice(i) };
  }
  if (!options.installOnly) throw new Error('usage: node deploy/launch.mjs [options] <program> [arguments]');
  return options;
}

/** What is missing now; `node` is absent while the fetched Node is what is missing. */
function inspect(facts, choice, options) {
  const node = choice.use === 'host' ? facts : fetchedNode(toolchain, facts);
  if (choice.use === 'fetched') {
    const missing = missingFromToolchain(toolchain, facts);
    if (missing.length > 0) return { where: toolchain, missing };
  }
  return { where: root, node, missing: missingFromProject(root, { ...facts, version: node.version }, options) };
}

/** Completes what is missing, each tree at most once, and looks again after each: npm's own success is not believed. */
async function complete(facts, choice, options, lock) {
  let state = inspect(facts, choice, options);
  for (const where of [toolchain, root]) {
    if (state.where !== where || state.missing.length === 0) continue;
    say(`installing ${where === root ? 'the dependencies' : `Node ${fetchedNode(toolchain, facts).version}`} (npm ci)`);
    await npmCi(where, state.node ? state.node.execPath : facts.execPath, lock);
    state = inspect(facts, choice, options);
    if (state.where === where && state.missing.length > 0) {
      const hint = where === root ? ` If no package fits this machine, use a container: ${containerCommand}` : '';
      throw new Error(
        `npm ci ended well but left out ${state.missing.slice(0, 3).join(', ')}: the registry has no package for ` +
          `${facts.platform}-${facts.arch}, or it could not be downloaded (look at the network, then start again).${hint}`,
      );
    }
  }
}

/** It only makes starts shorter: of its end nothing is of interest but that somebody wanted it. */
async function strip(execPath) {
  const program = ['--no-warnings', resolve(root, 'deploy', 'strip.mjs')];
  const { asked } = await childEnd(execPath, program, { cwd: root, stdio: 'ignore' });
  if (asked !== undefined) await exitAs({ code: null, signal: asked });
}

async function main() {
  const options = parse(process.argv.slice(2));
  const facts = hostFacts();
  const choice = chooseNode({ ...facts, force: process.env.LAUNCH_FORCE_TOOLCHAIN === '1' });
  if (choice.use === 'stop') throw new Error(choice.reason);

  if (inspect(facts, choice, options).missing.length > 0) {
    if (choice.use === 'fetched') say(`${choice.reason}; using Node ${fetchedNode(toolchain, facts).version}`);
    await onceAtATime(resolve(root, 'deploy', '.lock'), (lock) => complete(facts, choice, options, lock));
  }
  const { node, missing } = inspect(facts, choice, options);
  if (node === undefined || missing.length > 0)
    throw new Error(`still missing after the install: ${missing.join(', ')}`);
  if (isStale(root, node.version)) await strip(node.execPath);
  if (options.installOnly) return;
  await run(node.execPath, [...options.node, ...options.program], { cwd: root });
}

const major = Number(process.versions.node.split('.')[0]);
if (major < 18) {
  process.stderr.write(
    `launch: Node ${process.versions.node} is too old to start the project; install Node 20 or later\n`,
  );
  process.exit(1);
}
main().catch((error) => {
  process.stderr.write(`launch: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
