/**
 * Files of lines that another process is writing. Invariant: a line is read when it is whole; of one that is still on its way nothing
 * is, and a file that is not there yet has none.
 */

import { readFileSync } from 'node:fs';
import type { Loose } from './server.ts';

const textIn = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** As text, so far. */
export const linesIn = (path: string): readonly string[] =>
  textIn(path)
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== '');

/** Parsed, so far. */
export const recordsIn = (path: string): readonly Loose[] => linesIn(path).map((line) => JSON.parse(line) as Loose);
