/**
 * Who holds a key. Comparison takes the same time whatever was sent: digests of equal length are compared, and all of
 * them. Who came last with a good key is known by the whole header, of which every character is compared.
 */

import { hash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

/** Looks at every character of `known`, whatever was sent. */
export const isSame = (sent: string, known: string): boolean => {
  let differs = sent.length ^ known.length;
  // Behind its end a text has NaN, which counts as 0 here.
  for (let at = 0; at < known.length; at += 1) differs |= sent.charCodeAt(at) ^ known.charCodeAt(at);
  return differs === 0;
};

export class ApiKeys {
  readonly #digests: readonly Buffer[];
  #latest: { readonly header: string; readonly owner: string } | null = null;

  constructor(keys: readonly string[]) {
    this.#digests = keys.filter((key) => key !== '').map(digest);
  }

  /** `authorization` as sent: a scheme word in any case, blanks, the key. Returns who that is (no secret), or null. */
  admit(authorization: string): string | null {
    if (this.#latest !== null && isSame(authorization, this.#latest.header)) return this.#latest.owner;
    const text = authorization.trim();
    // Not by one pattern to the end: it would look at a run of blanks again from each of them, for anybody who sends one.
    const key = /^bearer\s/i.test(text) ? text.slice('bearer'.length).trim() : '';
    const presented = digest(key);
    let found = false;
    for (const known of this.#digests) found = timingSafeEqual(known, presented) || found;
    if (!found || key === '') return null;
    const owner = presented.toString('base64url');
    this.#latest = { header: authorization, owner };
    return owner;
  }
}
