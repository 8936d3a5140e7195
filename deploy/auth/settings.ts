/**
 * The environment of the ForwardAuth service. Invariant: what cannot be understood stops the start, in one line that names the
 * variable and never its value, because one of them is the key.
 */

import { createHash } from 'node:crypto';

export interface AuthSettings {
  readonly port: number;
  readonly host: string;
  readonly realm: string;
  /** SHA-256 of the key; null: there is none, and nobody is let in. */
  readonly keyDigest: Buffer | null;
  readonly origins: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

const aKey = /^[\x21-\x7e]([\x20-\x7e]{0,510}[\x21-\x7e])?$/;
const aPort = /^\d{1,5}$/;
const aHost = /^[0-9A-Za-z._:[\]-]{1,255}$/;
/** A token of RFC 9110: it is written without quotes. */
const aRealm = /^[\w!#$%&'*+.^`|~-]{1,64}$/;
const anOrigin = /^(\*|[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/@,]{1,255}\/?)$/i;
const originsMax = 256;

export function readSettings(environment: Environment): AuthSettings {
  const read = (name: string, fallback: string, accepts: (value: string) => boolean, expected: string): string => {
    const value = environment[name]?.trim() || fallback;
    if (value !== '' && !accepts(value)) throw new Error(`${name}: expected ${expected}`);
    return value;
  };
  const port = read('PORT', '8080', (value) => aPort.test(value) && Number(value) < 65_536, 'an integer to 65535');
  const key = read('PROXY_API_KEY', '', (value) => aKey.test(value), '1 to 512 printable ASCII characters');
  const split = (list: string): string[] => list.split(',').map((entry) => entry.trim());
  const listed = (list: string): boolean =>
    split(list).length <= originsMax && split(list).every((one) => one === '' || anOrigin.test(one));
  const origins = read(
    'PROXY_CORS_ALLOWED_ORIGINS',
    '',
    listed,
    '* or origins (scheme://host[:port]), comma separated',
  );
  return {
    port: Number(port),
    host: read('PROXY_HOST', '127.0.0.1', (value) => aHost.test(value), 'a host name or address'),
    realm: read('AUTH_REALM', 'api', (value) => aRealm.test(value), 'a word of 1 to 64 characters without quotes'),
    keyDigest: key === '' ? null : digest(key),
    origins: split(origins).filter((entry) => entry !== ''),
  };
}
