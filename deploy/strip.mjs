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
const kept = join(root, ...strippedFile(process.versions.node));
const isTest = /\.(?:test|e2e|parity|deploy)\.ts$/;

const textOf = (source) => {
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' });
  } catch {
    // An unfinished file, or one that is no TypeScript that can be stripped: Node says so to whoever starts it.
    return undefined;
  }
};

const before = (() => {
  try {
    return JSON.parse(readFileSync(kept, 'utf8')) ?? {};
  } catch {
    return {};
  }
})();

const texts = {};
for (const folder of strippedFolders.filter((name) => existsSync(join(root, name)))) {
  for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    const file = join(root, folder, name);
    if (!name.endsWith('.ts') || isTest.test(name) || !statSync(file).isFile()) continue;
    // Read once: the text is that of the source whose digest it has.
    const source = readFileSync(file, 'utf8');
    const digest = createHash('sha256').update(source).digest('base64');
    const text = typeof before[digest] === 'string' ? before[digest] : textOf(source);
    if (text !== undefined) texts[digest] = text;
  }
}
try {
  mkdirSync(dirname(kept), { recursive: true });
  const next = `${kept}.${process.pid}`;
  writeFileSync(next, JSON.stringify(texts));
  renameSync(next, kept);
} catch (error) {
  if (process.env.LAUNCH_QUIET !== '1') process.stderr.write(`strip: nothing is kept: ${error.message}\n`);
}
