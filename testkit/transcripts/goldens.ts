/**
 * The tracked transcripts: what clients get for each scene, on both endpoints, whole and streamed. Invariant: they are written by
 * `npm run transcripts -- --write` only, by hand, and never in CI; one that is missing is a difference like any other, since a
 * test that wrote it would compare the gateway with itself.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const goldens = join(import.meta.dirname, '../fixtures/transcripts');

type Environment = Readonly<Record<string, string | undefined>>;
export type Transcripts = ReadonlyMap<string, string>;

/** Null, or why they are not written. */
export const refusalToWrite = (environment: Environment): string | null =>
  ['', 'false', '0', undefined].includes(environment['CI'])
    ? null
    : 'transcripts are not written in CI: they are renewed by hand, and their difference is reviewed';

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const sceneOf = (name: string): string => name.split('.')[0] ?? '';

/** What is wrong, each as one text; empty where they agree. `all`: every scene has been played. */
export function differences(made: Transcripts, folder = goldens, all = true): readonly string[] {
  const found = [...made].flatMap(([name, text]) => {
    const tracked = read(join(folder, name));
    if (tracked === text) return [];
    if (tracked === null)
      return [`${name}: there is no tracked transcript; npm run transcripts -- --write makes it, for review`];
    const [old, now] = [tracked.split('\n'), text.split('\n')];
    const at = now.findIndex((line, index) => line !== old[index]);
    const line = at < 0 ? now.length : at;
    return [`${name}:${line + 1}:\n  tracked ${old[line] ?? 'nothing'}\n  now     ${now[line] ?? 'nothing'}`];
  });
  const scenesMade = new Set([...made.keys()].map(sceneOf));
  const strays = filesIn(folder).filter((name) => !made.has(name) && (all || scenesMade.has(sceneOf(name))));
  return [...found, ...strays.map((name) => `${name}: no scene makes it`)];
}

const filesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

export function write(made: Transcripts, folder = goldens): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of made) writeFileSync(join(folder, name), text);
}
