// `node --import hook.mjs`: puts the defect of PARITY_DEFECT back while its files are loaded; no file is changed.
// Invariant: a defect that cannot be put back ends the process, so that no test passes or fails by mistake.

import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const { edits } = JSON.parse(process.env.PARITY_DEFECT ?? '{"edits":[]}');
const root = new URL('../../../', import.meta.url);
const targets = Map.groupBy(edits, ({ file }) => pathToFileURL(fileURLToPath(new URL(file, root))).href);

registerHooks({
  load(url, context, nextLoad) {
    const own = targets.get(url);
    if (own === undefined) return nextLoad(url, context);
    let source = readFileSync(fileURLToPath(url), 'utf8');
    for (const { file, find, put } of own) {
      if (source.split(find).length !== 2) {
        process.stderr.write(`the defect has no place in ${file}\n`);
        process.exit(97);
      }
      source = source.replace(find, () => put);
    }
    return { format: 'module-typescript', shortCircuit: true, source };
  },
});
