/**
 * The source of this project without its types, as `deploy/strip.mjs` has kept it: stripping is half of what a start costs. Invariant: what
 * runs is what stands in the source, because each text is found by the digest of its source; what is not found is stripped by Node.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';

const kept = join(import.meta.dirname, '../node_modules/.cache/codex-actors/stripped.json');

const readKept = (file: string): Readonly<Record<string, unknown>> | null => {
  try {
    const { node, texts } = JSON.parse(readFileSync(file, 'utf8')) as { node?: unknown; texts?: unknown };
    // What is removed may differ from one Node to the next.
    const fits = node === process.version && typeof texts === 'object' && texts !== null;
    return fits ? (texts as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
};

/** For the modules that are loaded from now on. */
export function useStripped(file: string = kept): void {
  const texts = readKept(file);
  if (texts === null) return;
  registerHooks({
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
}
