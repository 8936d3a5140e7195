/** The text of a log as it was before it was escaped for JSON, in pieces: an answer of many mebibytes is not held a second time. */

const pieceBytes = 65_536;
const backslash = 0x5c;
const u = 0x75;

/** By the letter of the escape; the others stand for themselves. */
const plainOf: Readonly<Record<number, number>> = { 0x62: 8, 0x66: 12, 0x6e: 10, 0x72: 13, 0x74: 9 };

/** `take` must be done with a piece when it returns. */
export function unescape(escaped: Uint8Array, take: (piece: Uint8Array) => void): void {
  const piece = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(8, escaped.length)));
  let used = 0;
  const put = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; ) {
      if (used === piece.length) {
        take(piece);
        used = 0;
      }
      const some = bytes.subarray(at, at + piece.length - used);
      piece.set(some, used);
      used += some.length;
      at += some.length;
    }
  };
  for (let at = 0; at < escaped.length; ) {
    const found = escaped.indexOf(backslash, at);
    const end = found < 0 ? escaped.length : found;
    put(escaped.subarray(at, end));
    if (found < 0) break;
    const kind = escaped[found + 1] ?? backslash;
    const isCode = kind === u;
    // Only control characters are written as their code.
    const code = isCode
      ? Number.parseInt(Buffer.from(escaped.subarray(found + 2, found + 6)).toString('latin1'), 16)
      : 0;
    put(isCode ? Buffer.from(String.fromCharCode(code)) : Uint8Array.of(plainOf[kind] ?? kind));
    at = found + (isCode ? 6 : 2);
  }
  if (used > 0) take(piece.subarray(0, used));
}
