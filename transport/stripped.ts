/**
 * The source of this project without its types, as `deploy/strip.mjs` has kept it: stripping is half of what a start costs. Invariant: what
 * runs is what stands in the source, because each text is found by the digest of its source; what is not found is stripped by Node.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';

/** Of this Node: what is removed may differ from one to the next. */
const kept = join(import.meta.dirname, `../node_modules/.cache/codex-actors/stripped-${process.versions.node}.json`);

const readKept = (file: string): Readonly<Record<string, unknown>> => {
  try {
    const texts: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof texts === 'object' && texts !== null ? (texts as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
};

/** For the modules that are loaded from now on, until the function is called that it returns. */
export function useStripped(file: string = kept): () => void {
  const texts = readKept(file);
  const hooks = registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context);
      if (loaded.format !== 'module-typescript' || !loaded.source) return loaded;
      // The source as bytes, or as text where another hook has read it.
      const digest = createHash('sha256')
        .update(loaded.source as Uint8Array | string)
        .digest('base64');
      const source = Object.hasOwn(texts, digest) ? texts[digest] : undefined;
      return typeof source === 'string' ? { ...loaded, format: 'module', source } : loaded;
    },
  });
  return () => hooks.deregister();
}
