// Whether the kept sources without types (`deploy/strip.mjs`) are older than the sources. Only what a start would save depends on it: what is
// run is looked up by what the source is. Invariant: never throws; where nothing can be
// kept, nothing is stale.

import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const strippedFolders = ['machines', 'actors', 'transport', 'http', 'testkit/app-server', 'testkit/proto'];
/** What is removed may differ from one Node to the next. */
export const strippedFile = (version) => ['node_modules', '.cache', 'codex-actors', `stripped-${version}.json`];

const newest = (folder) =>
  readdirSync(folder, { withFileTypes: true }).reduce((latest, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return Math.max(latest, newest(path));
    return entry.name.endsWith('.ts') ? Math.max(latest, statSync(path).mtimeMs) : latest;
  }, 0);

/** `version`: of the Node that runs it. */
export function isStale(root, version) {
  const file = join(root, ...strippedFile(version));
  try {
    accessSync(join(root, 'node_modules'), constants.W_OK);
    const keptMs = existsSync(file) ? statSync(file).mtimeMs : 0;
    return strippedFolders.some((folder) => existsSync(join(root, folder)) && newest(join(root, folder)) > keptMs);
  } catch {
    return false;
  }
}
