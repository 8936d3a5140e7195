/**
 * Who holds a key. Comparison takes the same time whatever was sent: digests of equal length are compared, and all of
 * them.
 */

import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

export class ApiKeys {
  readonly #digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.filter((key) => key !== '').map(digest);
  }

  /** `authorization` as sent: a scheme word in any case, blanks, the key. Returns who that is (no secret), or null. */
  admit(authorization: string): string | null {
    const text = authorization.trim();
    // Not by one pattern to the end: it would look at a run of blanks again from each of them, for anybody who sends one.
    const key = /^bearer\s/i.test(text) ? text.slice('bearer'.length).trim() : '';
    const presented = digest(key);
    let found = false;
    for (const known of this.#digests) found = timingSafeEqual(known, presented) || found;
    return found && key !== '' ? presented.toString('base64url') : null;
  }
}
