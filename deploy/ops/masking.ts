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

/** Itself, and as compose (`$$`), JSON and YAML write it. */
const spellings = (secret: string): readonly string[] => {
  const doubled = secret.replaceAll('$', '$$$$');
  return [secret, doubled].flatMap((one) => [one, JSON.stringify(one).slice(1, -1), one.replaceAll("'", "''")]);
};

/** The longest is hidden first, so that one secret within another leaves nothing over. */
export function masking(secrets: readonly (string | undefined)[]): Mask {
  const given = secrets
    .filter((secret): secret is string => secret !== undefined && secret.length >= secretCharactersMin)
    .flatMap(spellings)
    .toSorted((one, other) => other.length - one.length);
  return (text) => {
    const without = given.reduce((rest, secret) => rest.replaceAll(secret, hidden), text);
    return shapes.reduce((rest, [shape, instead]) => rest.replaceAll(shape, instead), without);
  };
}

/** Not those that only speak of such: `PROXY_ENFORCE_MAX_TOKENS=true` must not hide every `true`. */
const secretName = /(?:^|_)(?:KEYS?|TOKEN|SECRET|PASSWORD|PASSPHRASE|HEADERS)$/u;

/** Of `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,name=value`. */
const withoutName = (part: string): string => part.replace(/^[\w-]+=/u, '');

/** The values of all variables whose name says that they are secret. */
export const secretsOf = (environment: Readonly<Record<string, string | undefined>>): readonly string[] =>
  Object.entries(environment).flatMap(([name, value]) => {
    if (!secretName.test(name) || value === undefined) return [];
    const parts = value.split(',').map((part) => part.trim());
    return [value, ...parts, ...(name.endsWith('HEADERS') ? parts.map(withoutName) : [])];
  });
