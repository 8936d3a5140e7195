/** A file whose existence tells fake workers that wait for it to go on. */

import { promises } from 'node:fs';

/** Resolves with the reason why it could not be written, without its path; null: it was. */
export const releaseFile = (path: string | undefined) => async (): Promise<string | null> => {
  if (path === undefined) return 'STREAM_RELEASE_FILE is not set';
  try {
    await promises.writeFile(path, 'release\n');
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return `STREAM_RELEASE_FILE cannot be written: ${code}`;
  }
};
