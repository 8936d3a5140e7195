/**
 * The committed lines of the real CLI, one packed transcript a scenario. They are written from the real CLI only, by
 * `UPDATE_GOLDENS=1` in front of the tests of this folder, and never in CI: their difference is the review of an upgrade.
 */

import { promises } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Frame, packTranscript, unpackTranscript } from '../../transport/transcript.ts';
import { differences } from './compare.ts';
import type { Entry } from './entry.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export const goldenPath = (name: string): string => fileURLToPath(new URL(`goldens/${name}.msgpack`, import.meta.url));

/** What went through the pipes; what the transport made of it follows from that. */
export const piped = (entries: readonly Entry[]): readonly Entry[] => entries.filter(([channel]) => channel !== 'told');

export const updating = (environment: Environment): boolean => {
  if ((environment['UPDATE_GOLDENS'] ?? '') === '') return false;
  if (!['', 'false', '0', undefined].includes(environment['CI']))
    throw new Error('UPDATE_GOLDENS is refused in CI: goldens are written by hand and reviewed');
  return true;
};

export const readGolden = async (name: string): Promise<readonly Entry[]> => {
  const path = goldenPath(name);
  const bytes = await promises.readFile(path).catch(() => {
    throw new Error(`no golden ${path}; UPDATE_GOLDENS=1 writes it from the real CLI`);
  });
  const frames = unpackTranscript(bytes);
  if (frames === null) throw new Error(`not a transcript: ${path}`);
  return frames.flatMap(([, direction, line]): Entry[] => (direction === 'err' ? [] : [[direction, line]]));
};

/** A golden that says the same stays as it is: a difference of bytes is one to be reviewed. */
export const writeGolden = async (name: string, entries: readonly Entry[]): Promise<void> => {
  const before = await readGolden(name).catch(() => []);
  if (differences(before, piped(entries)).length === 0) return;
  const frames = piped(entries).flatMap(([channel, line]): Frame[] => (channel === 'told' ? [] : [[0, channel, line]]));
  await promises.writeFile(goldenPath(name), packTranscript(frames));
};
