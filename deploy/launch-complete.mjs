// Is a dependency tree complete? Compares a lockfile with the hidden lock that npm writes last into node_modules, so
// that an install cut short never counts.
// Invariant: a tree that `npm ci` left complete is found complete, or every start would install again. Hence optional
// entries are not compared in general (npm leaves out the children of skipped ones), only the two we cannot do without.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fetchedNode, readJson } from './launch-node.mjs';

/** The entries of a lockfile; none where it is missing or was cut short. */
function entries(path) {
  try {
    return readJson(path).packages ?? {};
  } catch {
    return {};
  }
}

const hiddenLock = (folder) => entries(resolve(folder, 'node_modules', '.package-lock.json'));
const same = (wanted, found) =>
  found !== undefined &&
  found.version === wanted.version &&
  (!wanted.integrity || found.integrity === wanted.integrity);

/** Names of required entries that are absent or differ. With `productionOk` the development ones may be absent. */
export function missingRequired(wanted, found, { productionOk = false } = {}) {
  return Object.entries(wanted)
    .filter(([path, entry]) => path !== '' && !entry.optional && !entry.link)
    .filter(([path, entry]) => {
      if (productionOk && (entry.dev || entry.devOptional) && found[path] === undefined) return false;
      return !same(entry, found[path]);
    })
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
}

/** The optional entries without which the server cannot run: a uWebSockets.js binary of this major, the CLI's binary. */
export function missingNative(wanted, found, { platform, arch, version }) {
  const present = (path) => wanted[path] !== undefined && same(wanted[path], found[path]);
  const server = `@uwsjs/${platform}-${arch}-${version.split('.')[0]}`;
  const cli = `@openai/codex-${platform}-${arch}`;
  const servers = Object.keys(wanted).filter((path) => wanted[path].name === server);
  const missing = servers.some(present) ? [] : [`uWebSockets.js (${server})`];
  return present(`node_modules/${cli}`) ? missing : [...missing, cli];
}

/** What the project's tree lacks for this Node. */
export function missingFromProject(root, facts, options) {
  const wanted = entries(resolve(root, 'package-lock.json'));
  if (wanted[''] === undefined) throw new Error('package-lock.json is missing or unreadable');
  const found = hiddenLock(root);
  return [...missingRequired(wanted, found, options), ...missingNative(wanted, found, facts)];
}

/** What the fetched Node's tree lacks: the package of this platform in the pinned version, and its binary. */
export function missingFromToolchain(toolchain, facts) {
  const { name, version, execPath } = fetchedNode(toolchain, facts);
  const found = hiddenLock(toolchain)[`node_modules/${name}`];
  return found?.version === version && existsSync(execPath) ? [] : [`${name}@${version}`];
}
