/**
 * Consecutive deltas of one message that came in one chunk, as they stand there: each is the inside of a JSON string, in the very
 * bytes that `JSON.stringify` would write for its text. So whoever keeps text as JSON copies them, and whoever has to look at the
 * text asks for it. Invariant: each one is well-formed, not empty, and of whole code points.
 */

export interface TextRun {
  /** How many deltas. */
  readonly length: number;
  /** Where the deltas are; not to be written to. */
  readonly bytes: Uint8Array;
  startOf(at: number): number;
  endOf(at: number): number;
  /** UTF-16 units of the text. */
  unitsOf(at: number): number;
  /** Bytes of the text as UTF-8. */
  utf8BytesOf(at: number): number;
  /** 0: nothing is escaped; 1: only by one letter, such as `\n`; 2: a control character by its number, too. */
  escapesOf(at: number): number;
  text(at: number): string;
}
