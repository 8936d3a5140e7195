/**
 * Keeps secrets out of everything that a script prints. Invariant: a text that went through the mask contains none of the given
 * secrets, nothing that looks like a bearer token or an API key, and no user in a URL.
 */

export type Mask = (text: string) => string;

const hidden = '***';

/** Shorter ones would hide innocent text; such a key is refused by the gateway's own rules for production, too. */
const secretCharactersMin = 4;

const shapes: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer\s+)[^\s"',;]+/giu, `$1${hidden}`],
  [/\bsk-[A-Za-z0-9_-]{8,}/gu, hidden],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/gu, hidden],
  [/(:\/\/)[^\s/@]+@/gu, `$1${hidden}@`],
];

/** The longest is hidden first, so that one secret within another leaves nothing over. */
export function masking(secrets: readonly (string | undefined)[]): Mask {
  const given = secrets
    .filter((secret): secret is string => secret !== undefined && secret.length >= secretCharactersMin)
    .toSorted((one, other) => other.length - one.length);
  return (text) => {
    const without = given.reduce((rest, secret) => rest.replaceAll(secret, hidden), text);
    return shapes.reduce((rest, [shape, instead]) => rest.replaceAll(shape, instead), without);
  };
}

/** Not those that only speak of such: `PROXY_ENFORCE_MAX_TOKENS=true` must not hide every `true`. */
const secretName = /(?:^|_)(?:KEYS?|TOKEN|SECRET|PASSWORD|PASSPHRASE)$/u;

/** The values of all variables whose name says that they are secret. */
export const secretsOf = (environment: Readonly<Record<string, string | undefined>>): readonly string[] =>
  Object.entries(environment).flatMap(([name, value]) =>
    secretName.test(name) && value !== undefined ? [value, ...value.split(',').map((part) => part.trim())] : [],
  );
