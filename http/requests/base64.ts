/** Base64 as clients send it, at a cost that grows with its length alone. */

/** A character that has no place in it, or data after the padding. */
const broken = /[^A-Za-z0-9+/=\s]|=\s*[A-Za-z0-9+/]/;

/** White space and missing padding are common, and harmless. Null: not base64; Node itself would pass over what it does not know. */
export const fromBase64 = (text: string): Buffer | null => (broken.test(text) ? null : Buffer.from(text, 'base64'));
