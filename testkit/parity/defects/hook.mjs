// `node --import hook.mjs`: puts the defect of PARITY_DEFECT back while its file is loaded; no file is changed.
// Invariant: a defect that cannot be put back ends the process, so that no test passes or fails by mistake.

import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const { file, find, put } = JSON.parse(process.env.PARITY_DEFECT ?? '{}');
const root = new URL('../../../', import.meta.url);
const target = pathToFileURL(fileURLToPath(new URL(file, root))).href;

registerHooks({
  load(url, context, nextLoad) {
    if (url !== target) return nextLoad(url, context);
    const source = readFileSync(fileURLToPath(url), 'utf8');
    if (source.split(find).length !== 2) {
      process.stderr.write(`the defect has no place in ${file}\n`);
      process.exit(97);
    }
    return { format: 'module-typescript', shortCircuit: true, source: source.replace(find, () => put) };
  },
});
