/**
 * Checksums as `sha256sum` writes and reads them. Invariant: the line names the file without its folder, so that it holds
 * wherever both are copied to.
 */

import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from './refusal.ts';

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

export const checksumLine = (sum: string, file: string): string => `${sum}  ${basename(file)}\n`;

/** Beside the file; its sum. */
export async function writeChecksum(file: string): Promise<string> {
  const sum = await sha256Of(file);
  writeFileSync(`${file}.sha256`, checksumLine(sum, file), { mode: 0o600 });
  return sum;
}

/** A failure unless the list has the file with the sum that it really has. */
export async function verifyChecksum(file: string, list: string): Promise<void> {
  const lines = readFileSync(list, 'utf8').split('\n');
  const expected = lines
    .map((line) => /^([0-9a-f]{64}) [ *](.*)$/u.exec(line))
    .find((found) => found?.[2] === basename(file))?.[1];
  if (expected === undefined) throw new Failure(`${list} has no checksum of ${basename(file)}`);
  const found = await sha256Of(file);
  if (found !== expected) throw new Failure(`${file} is damaged: its checksum is not the one in ${list}`);
}
