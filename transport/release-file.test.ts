import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { releaseFile } from './release-file.ts';

test('P-14 the file is written, or it is told why not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  try {
    const path = join(folder, 'go');
    expect(await releaseFile(path)()).toBeNull();
    expect(readFileSync(path, 'utf8')).not.toBe('');
    expect(await releaseFile(folder)()).toBe('STREAM_RELEASE_FILE cannot be written: EISDIR');
    expect(await releaseFile(undefined)()).toBe('STREAM_RELEASE_FILE is not set');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
