/**
 * The name under which an exchange is kept: the client's, where it has given one, otherwise one that says when it was. Invariant: it
 * is a name and never a path, whatever the client has written.
 */

const idCharsMax = 80;

const plain = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+/, '');

/** `given`: as in the header `x-proxy-capture-id`. */
export function captureName(given: string, otherwise: string, isStream: boolean): string {
  const suffix = isStream ? '-stream' : '-nonstream';
  const id = plain(given.slice(0, 4 * idCharsMax)).slice(0, idCharsMax - suffix.length);
  return `${(id === '' ? plain(otherwise).slice(0, idCharsMax - suffix.length) : id).replace(/-+$/, '')}${suffix}`;
}
