// Completes a lockfile for platforms whose packages the registry at hand does not carry: `npm run lock`.
// npm leaves such optional packages out of the lock without a word, and from then on `npm ci` refuses it everywhere.
// Invariant: only optional entries are added, in npm's key order, and nothing that npm wrote is changed. The added
// entries have no integrity; deploy/complete-lock.test.mjs checks that each of them is optional and foreign.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const oses = {
  linux: 'linux',
  darwin: 'darwin',
  win32: 'win32',
  windows: 'win32',
  android: 'android',
  freebsd: 'freebsd',
};
Object.assign(oses, { netbsd: 'netbsd', openbsd: 'openbsd', sunos: 'sunos', aix: 'aix', openharmony: 'openharmony' });
const cpus = { x64: 'x64', arm64: 'arm64', ia32: 'ia32', arm: 'arm', ppc64: 'ppc64', s390x: 's390x' };
Object.assign(cpus, { riscv64: 'riscv64', wasm32: 'wasm32', loong64: 'loong64', mips64el: 'mips64el' });
const libcs = { gnu: 'glibc', musl: 'musl', gnueabihf: 'glibc', musleabihf: 'musl' };

/** os, cpu and libc as a platform package's name tells them, in the shape of a lock entry. */
export function platformOf(name) {
  const words = name.replace(/^@uwsjs\/(linux-[a-z0-9]+)-\d+$/, '$1-gnu').split(/[/-]/);
  const pick = (table) => words.map((word) => table[word]).find((value) => value !== undefined);
  const [os, cpu, libc] = [pick(oses), pick(cpus), pick(libcs)];
  return { ...(cpu && { cpu: [cpu] }), ...(os === 'linux' && libc && { libc: [libc] }), ...(os && { os: [os] }) };
}

/** Where `name` resolves from the entry at `path`: nested node_modules first, then upwards, as Node does. */
export function resolveEntry(packages, path, name) {
  for (
    let at = path;
    ;
    at = at.includes('/node_modules/') ? at.replace(/\/node_modules\/(?!.*\/node_modules\/).*$/, '') : ''
  ) {
    const candidate = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[candidate] !== undefined) return candidate;
    if (at === '') return undefined;
  }
}

/** Every optional dependency of every entry that has no entry of its own: `{ path, name, spec }`. */
export function unresolved(packages) {
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => resolveEntry(packages, path, name) === undefined)
      .map(([name, spec]) => ({ path, name, spec })),
  );
}

/** The entry for a package that could not be looked up; specs of platform packages are exact versions. */
function entryFor({ path, name, spec }, packages) {
  const alias = /^npm:(.+)@([^@]+)$/.exec(spec);
  const version = alias ? alias[2] : spec;
  if (!/^\d+\.\d+\.\d+[^ ]*$/.test(version))
    throw new Error(`${name}: "${spec}" is not an exact version, add it by hand`);
  const platform = platformOf(alias ? alias[1] : name);
  if (!platform.os && !platform.cpu) throw new Error(`${name}: the name tells no platform, add it by hand`);
  const dev = packages[path].dev === true;
  return { ...(alias && { name: alias[1] }), version, ...(dev && { dev }), ...platform, optional: true };
}

// npm sorts the keys of `packages` and of an entry this way, so a later `npm install` leaves the file as it is.
const byName = ([a], [b]) => a.localeCompare(b, 'en');
const first = ['name', 'version', 'integrity'];
const inNpmOrder = ({ os, cpu, libc, dev, optional, ...head }) => ({
  ...Object.fromEntries(first.filter((key) => key in head).map((key) => [key, head[key]])),
  ...(cpu && { cpu }),
  ...(dev && { dev }),
  ...(libc && { libc }),
  ...(optional && { optional }),
  ...(os && { os }),
});

/** The lock with an entry for every optional dependency. */
export function completed(lock) {
  const added = unresolved(lock.packages).map((gap) => [
    `node_modules/${gap.name}`,
    inNpmOrder(entryFor(gap, lock.packages)),
  ]);
  const packages = Object.fromEntries([...Object.entries(lock.packages), ...added].sort(byName));
  return { lock: { ...lock, packages }, added: added.map(([path]) => path) };
}

function main() {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
  for (const file of ['package-lock.json', 'deploy/node/package-lock.json']) {
    const path = resolve(root, file);
    const { lock, added } = completed(JSON.parse(readFileSync(path, 'utf8')));
    if (added.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
    process.stdout.write(`${file}: ${added.length === 0 ? 'complete' : `${added.length} entries added`}\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
