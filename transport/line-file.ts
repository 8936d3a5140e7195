/** Reads a file of lines piece by piece, so that neither a large file nor a long line is ever held. */

import { promises as files } from 'node:fs';

const pieceBytes = 65_536;
/** A longer line is left out. */
const lineBytesMax = 16_384;

/**
 * Calls `take` with each line of the last `bytesMax` bytes; a line that has no end yet is one, too. Rejects when the file cannot be
 * read.
 */
export async function readLines(path: string, bytesMax: number, take: (line: string) => void): Promise<void> {
  const file = await files.open(path, 'r');
  try {
    const { size } = await file.stat();
    let at = Math.max(0, size - bytesMax);
    // Of the line in which the reading begins there is only the end.
    let skipping = at > 0;
    let kept = Buffer.alloc(0);
    const piece = Buffer.alloc(pieceBytes);
    while (at < size) {
      const { bytesRead } = await file.read(piece, 0, pieceBytes, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      let begin = 0;
      for (;;) {
        const end = piece.subarray(0, bytesRead).indexOf(10, begin);
        if (end < 0) break;
        const line = Buffer.concat([kept, piece.subarray(begin, end)]);
        if (!skipping && line.length > 0 && line.length <= lineBytesMax) take(line.toString('utf8'));
        kept = Buffer.alloc(0);
        skipping = false;
        begin = end + 1;
      }
      if (skipping) continue;
      kept = Buffer.concat([kept, piece.subarray(begin, bytesRead)]);
      if (kept.length > lineBytesMax) {
        kept = Buffer.alloc(0);
        skipping = true;
      }
    }
    if (!skipping && kept.length > 0) take(kept.toString('utf8'));
  } finally {
    await file.close();
  }
}
