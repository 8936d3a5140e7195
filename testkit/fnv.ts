/** FNV-1a, 32 bits: tells traces and names apart, evenly and for ever in the same way. No secret is safe behind it. */

export const fnvBasis = 0x811c9dc5;

export const fnvMix = (hash: number, value: number): number => Math.imul(hash ^ value, 0x01000193);

/** Over the text's UTF-16 units. */
export const fnvOf = (text: string, from = fnvBasis): number => {
  let hash = from;
  for (let index = 0; index < text.length; index += 1) hash = fnvMix(hash, text.charCodeAt(index));
  return hash;
};

export const fnvName = (hash: number): string => (hash >>> 0).toString(16).padStart(8, '0');
