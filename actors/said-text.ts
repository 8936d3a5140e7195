/**
 * Whether a text begins with what was said of it: bytes of a log, which are JSON-escaped, and what is still held back. It is looked at
 * piece by piece, without making another text: an answer may have megabytes, and others wait meanwhile.
 */

import { cutBefore } from './code-points.ts';

const pieceChars = 8_192;
const backslash = 0x5c;

/** A unit of a text takes at most six bytes of its escaped form. */
const scratch = Buffer.allocUnsafeSlow(pieceChars * 6);

/** Bytes in the scratch: the piece as it is, where that stands in `said`; otherwise escaped. */
const escapedLike = (piece: string, said: Uint8Array): number => {
  const count = scratch.write(piece, 'utf8');
  const plain = scratch.subarray(0, count);
  // Where nothing is escaped, what stands there stands for itself.
  if (count <= said.length && plain.equals(said.subarray(0, count)) && !plain.includes(backslash)) return count;
  return scratch.write(JSON.stringify(piece).slice(1, -1), 'utf8');
};

/** `said`: whole code points, escaped as `JSON.stringify` would do it. */
export const goesOn = (text: string, said: Uint8Array, held: string): boolean => {
  let [at, done] = [0, 0];
  const rest = held === '' ? said : Buffer.concat([said, Buffer.from(JSON.stringify(held).slice(1, -1))]);
  while (done < rest.length) {
    if (at >= text.length) return false;
    const end = cutBefore(text, at + pieceChars);
    const piece = text.slice(at, end);
    const left = rest.subarray(done);
    const count = Math.min(escapedLike(piece.isWellFormed() ? piece : piece.toWellFormed(), left), left.length);
    if (!scratch.subarray(0, count).equals(left.subarray(0, count))) return false;
    done += count;
    at = end;
  }
  return true;
};
