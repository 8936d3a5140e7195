/**
 * Takes out of what is written for operators what is not theirs to read: the words of prompts and answers, by the names of the
 * fields that hold them; what signs somebody in; and secrets, wherever they stand. Invariants: secrets and what signs somebody in go
 * in any case; what comes out is bounded in depth, in entries and in the length of each text.
 */

import type { Json, JsonObject } from '../actors/turn.ts';

export const redactedMark = '[redacted]';
const secretMark = '[secret]';
const loginMark = '[login]';

export interface RedactorOptions {
  /** Exact values that must never be seen: keys and tokens of the configuration. Shorter ones than four characters are no secrets. */
  readonly secrets?: readonly (string | undefined)[];
  /** Prompts and answers are shown: for development, and only when it was asked for. */
  readonly wordsInClear?: boolean;
  /** A longer text is cut. */
  readonly textCharsMax?: number;
  /** What is deeper is left out, and what is more of one list or object. */
  readonly depthMax?: number;
  readonly entriesMax?: number;
}

export interface Redactor {
  value(value: Json): Json;
  object(value: JsonObject): JsonObject;
  /** Of a text that is in no field: secrets, and what signs somebody in. */
  text(text: string): string;
}

const keyCharsMax = 128;
const fieldsMax = 512;

interface Field {
  readonly shown: string;
  /** What stands in the place of its value; null: the value itself. */
  readonly mark: string | null;
}
const secretCharsMin = 4;

const wordy: ReadonlySet<string> = new Set([
  'body',
  'payload',
  'headers',
  'messages',
  'content',
  'params',
  'data',
  'request',
  'response',
]);

/** In the spelling of `spelt`. */
const secretName =
  /^(token|secret|password|passwd|cookie|set_cookie|authorization|proxy_authorization)$|(^|_)(api_?key|(access|refresh|id|auth|bearer|session|metrics)_token|client_secret|password|authorization)$/;
const loginName =
  /^(login_id|login_url|auth_url|authorize_url|device_code|user_code|code_verifier|verification_(ur[il]|code)(_complete)?)$/;

/** `accessToken`, `access-token` and `ACCESS_TOKEN` are one name. */
const spelt = (key: string): string =>
  key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();

/** Shapes of secrets that are in no configuration, such as those of the account. Each is matched by its beginning, too. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=:-]{6,}/gi, `$1 ${secretMark}`],
  [/\beyJ[\w-]{8,}(\.[\w-]*){0,2}/g, secretMark],
  [/\b(sk|sess|rt|pk)[-_][\w-]{16,}/g, secretMark],
  [
    /\b((?:access|refresh|id|auth)[_-]?token|api[_-]?key|client_secret|password)(["']?\s*[=:]\s*["']?)[^\s"'&,;[]{4,}/gi,
    `$1$2${secretMark}`,
  ],
  [/\b((?:login_id|login_url|auth_url|user_code|device_code)["']?\s*[=:]\s*["']?)[^\s"'&,;|[]+/gi, `$1${loginMark}`],
  // The code that is typed in to sign a device in.
  [/\b(?=[A-Z0-9-]*[A-Z])[A-Z0-9]{4}-[A-Z0-9]{4,5}\b/g, loginMark],
];

/** Every text that one of them matches has one of these: most texts have none, and are looked at once. */
const suspicious = /eyJ|bearer|basic|(?:sk|sess|rt|pk)[-_]|[=:]|[A-Z0-9]{4}-/i;

/** Ids of ours have nothing of the kind; most texts that were not seen before are one. */
const idLike = /^(?:resp|req)_[0-9a-f]+$/;

const address = /\b(https?:\/\/)([^\s/?#"'<>\\]*)([^\s?#"'<>\\]*)([?#][^\s"'<>\\]*)?/gi;
const signsIn = /^(auth\d?|login)\.|\/(oauth|authorize|login|device|deviceauth|auth)(\/|$)/i;

/** Of an address its host and path may be of use; its query, its user, and whatever signs somebody in are not. */
const maskAddresses = (text: string): string =>
  text.replace(address, (_, scheme: string, place: string, path: string, query: string | undefined) => {
    const host = place.slice(place.lastIndexOf('@') + 1);
    if (signsIn.test(host) || signsIn.test(path)) return `${scheme}${host}/${loginMark}`;
    return `${scheme}${host}${path}${query === undefined ? '' : `${query[0]}${redactedMark}`}`;
  });

/** As it may also be written within JSON or an address. */
const spellings = (secret: string): readonly string[] => [
  ...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]),
];

export function createRedactor(options: RedactorOptions = {}): Redactor {
  const { wordsInClear = false, textCharsMax = 2_000, depthMax = 12, entriesMax = 1_000 } = options;
  const secrets = (options.secrets ?? [])
    .flatMap((secret) =>
      secret === undefined || secret.length < secretCharsMin ? [] : spellings(secret.toWellFormed()),
    )
    // What is part of a longer one comes after it.
    .sort((one, other) => other.length - one.length);
  /** Of a text that is cut, so many characters might be the beginning of a secret. */
  const seamChars = Math.max(64, ...secrets.map(({ length }) => length));

  const masked = (text: string): string => {
    let left = text.includes('://') ? maskAddresses(text) : text;
    for (const secret of secrets) left = left.replaceAll(secret, secretMark);
    if (idLike.test(left) || !suspicious.test(left)) return left;
    for (const [shape, mark] of shapes) left = left.replace(shape, mark);
    return left;
  };

  const text = (whole: string): string => {
    if (whole.length <= textCharsMax) return masked(whole);
    const piece = masked(whole.slice(0, textCharsMax + seamChars));
    return `${piece.slice(0, Math.min(textCharsMax, Math.max(0, piece.length - seamChars))).toWellFormed()}…`;
  };

  const list = (values: readonly Json[], depth: number): Json => {
    const some = values.slice(0, entriesMax).map((value) => any(value, depth));
    return values.length > entriesMax ? [...some, `… ${values.length - entriesMax} more`] : some;
  };

  const read = (key: string): Field => {
    const name = spelt(key);
    const shown = masked(key.slice(0, keyCharsMax));
    if (secretName.test(name)) return { shown, mark: secretMark };
    if (loginName.test(name)) return { shown, mark: loginMark };
    return { shown, mark: wordy.has(name) && !wordsInClear ? redactedMark : null };
  };
  // Most names come again and again; those of strangers must not pile up.
  const fields = new Map<string, Field>();
  const fieldOf = (key: string): Field => {
    const known = fields.get(key);
    if (known !== undefined) return known;
    const field = read(key);
    if (fields.size < fieldsMax && key.length <= keyCharsMax) fields.set(key, field);
    return field;
  };

  const object = (value: JsonObject, depth = 0): JsonObject => {
    const seen: [string, Json][] = [];
    for (const key in value) {
      if (seen.length >= entriesMax) break;
      if (!Object.hasOwn(value, key)) continue;
      const inner = value[key] as Json;
      const { shown, mark } = fieldOf(key);
      const isPlain = inner === null || typeof inner === 'boolean';
      seen.push([shown, isPlain || mark === null ? any(inner, depth + 1) : mark]);
    }
    return Object.fromEntries(seen);
  };

  const any = (value: Json, depth: number): Json => {
    if (typeof value === 'string') return text(value);
    if (value === null || typeof value !== 'object') return value;
    if (depth >= depthMax) return redactedMark;
    return Array.isArray(value) ? list(value as readonly Json[], depth + 1) : object(value as JsonObject, depth);
  };

  return { value: (value) => any(value, 0), object: (value) => object(value), text };
}
