// Keeps the source without its types, for `transport/stripped.ts`: stripping it anew is half of what a start costs. Run by the launcher after
// something has changed, and by the image's build. Invariants: the file is replaced whole, so that whoever reads it reads one state of
// it; what cannot be kept (a read-only tree) is no failure, because Node strips what is not there.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strippedFile, strippedFolders } from './launch-strip.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const kept = join(root, ...strippedFile);
const isTest = /\.(?:test|e2e|parity|deploy)\.ts$/;

const textOf = (file) => {
  try {
    return stripTypeScriptTypes(readFileSync(file, 'utf8'), { mode: 'strip' });
  } catch {
    // An unfinished file, or one that is no TypeScript that can be stripped: Node says so to whoever starts it.
    return undefined;
  }
};

const before = (() => {
  try {
    const { node, texts } = JSON.parse(readFileSync(kept, 'utf8'));
    return node === process.version ? texts : {};
  } catch {
    return {};
  }
})();

const texts = {};
for (const folder of strippedFolders.filter((name) => existsSync(join(root, name)))) {
  for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    const file = join(root, folder, name);
    if (!name.endsWith('.ts') || isTest.test(name) || !statSync(file).isFile()) continue;
    const digest = createHash('sha256').update(readFileSync(file)).digest('base64');
    const text = before[digest] ?? textOf(file);
    if (text !== undefined) texts[digest] = text;
  }
}
try {
  mkdirSync(dirname(kept), { recursive: true });
  const next = `${kept}.${process.pid}`;
  writeFileSync(next, JSON.stringify({ node: process.version, texts }));
  renameSync(next, kept);
} catch (error) {
  if (process.env.LAUNCH_QUIET !== '1') process.stderr.write(`strip: nothing is kept: ${error.message}\n`);
}
