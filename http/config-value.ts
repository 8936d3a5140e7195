/**
 * The kinds of value that an environment variable may have. Each is a zod schema over the text, the words for what is
 * expected, and how the default reads in help and documentation.
 */

import * as z from 'zod';

export interface Place {
  readonly cwd: string;
  readonly tmpdir: string;
  readonly cores: number;
}

export interface Variable<T> {
  readonly name: string;
  readonly schema: z.ZodType<T, string>;
  readonly expected: string;
  readonly fallback: (place: Place) => T;
  /** The default in words. */
  readonly otherwise: string;
  readonly unit: string;
  readonly help: string;
  readonly secret: boolean;
  /** Other names that are as good. */
  readonly aliases: readonly string[];
  /** Names from before, which are read and warned of. */
  readonly formerly: readonly string[];
}

/** What may be shown of a value: of an address not who signs in there, and with what. */
export const withoutSecrets = (value: string): string =>
  value.replace(/:\/\/[^/?#]*@/gu, '://***@').replace(/(:\/\/[^?#]*)[?#].*/su, '$1?***');

type Rest = Partial<Pick<Variable<unknown>, 'secret' | 'unit'>> & { readonly otherwise?: string };

const text = z.string();

export const aKey = [/^[\x21-\x7e]([\x20-\x7e]{0,510}[\x21-\x7e])?$/, '1 to 512 printable ASCII characters'] as const;
export const aModel = [/^[^\s\0-\x1f]{1,128}$/, 'a model id without blanks, at most 128 characters'] as const;

function variable<T>(
  name: string,
  schema: z.ZodType<T, string>,
  expected: string,
  fallback: T | ((place: Place) => T),
  help: string,
  rest: Rest = {},
): Variable<T> {
  const otherwise = rest.otherwise ?? (String(fallback ?? '') || '–');
  return {
    name,
    schema,
    expected,
    fallback: typeof fallback === 'function' ? (fallback as (place: Place) => T) : () => fallback,
    otherwise,
    unit: rest.unit ?? '',
    help,
    secret: rest.secret ?? false,
    aliases: [],
    formerly: [],
  };
}

/** The same variable under other names, too. */
export const named = <T>(one: Variable<T>, other: Partial<Pick<Variable<T>, 'aliases' | 'formerly'>>): Variable<T> => ({
  ...one,
  ...other,
});

const whole = (min: number, max: number): z.ZodType<number, string> =>
  text
    .regex(/^\d{1,16}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max));

export const integer = (
  name: string,
  fallback: number,
  help: string,
  [min, max]: readonly [number, number],
  unit = '',
): Variable<number> => variable(name, whole(min, max), `an integer from ${min} to ${max}`, fallback, help, { unit });

/** The longest delay that a timer of Node can wait, about 24 days. */
const timerMsMax = 2_147_483_647;

export const duration = (name: string, fallbackMs: number, help: string, minMs = 1): Variable<number> =>
  integer(name, fallbackMs, help, [minMs, timerMsMax], 'ms');

export const optionalInteger = (
  name: string,
  otherwise: string,
  help: string,
  [min, max]: readonly [number, number],
): Variable<number | undefined> =>
  variable<number | undefined>(name, whole(min, max), `an integer from ${min} to ${max}`, undefined, help, {
    otherwise,
  });

export const optionalDuration = (name: string, otherwise: string, help: string): Variable<number | undefined> =>
  variable<number | undefined>(name, whole(0, timerMsMax), `an integer from 0 to ${timerMsMax}`, undefined, help, {
    unit: 'ms',
    otherwise,
  });

export const size = (name: string, fallbackBytes: number, help: string, minBytes: number): Variable<number> =>
  integer(name, fallbackBytes, help, [minBytes, 17_179_869_184], 'bytes');

const words: Readonly<Record<string, boolean>> = {
  1: true,
  true: true,
  yes: true,
  on: true,
  0: false,
  false: false,
  no: false,
  off: false,
};

const yesOrNo = text
  .toLowerCase()
  .pipe(z.enum(Object.keys(words)))
  .transform((word) => words[word] === true);
const aFlag = '1, true, yes, on, 0, false, no or off';

export const flag = (name: string, fallback: boolean, help: string): Variable<boolean> =>
  variable(name, yesOrNo, aFlag, fallback, help);

/** Unset is a third state. */
export const optionalFlag = (name: string, otherwise: string, help: string): Variable<boolean | undefined> =>
  variable<boolean | undefined>(name, yesOrNo, aFlag, undefined, help, { otherwise });

export const choice = <const T extends string>(
  name: string,
  values: readonly [T, ...T[]],
  fallback: T,
  help: string,
): Variable<T> => variable<T>(name, text.pipe(z.enum(values)), values.join(' or '), fallback, help);

export const optionalChoice = <const T extends string>(
  name: string,
  values: readonly [T, ...T[]],
  otherwise: string,
  help: string,
): Variable<T | undefined> =>
  variable<T | undefined>(name, text.pipe(z.enum(values)), values.join(' or '), undefined, help, { otherwise });

/** `pattern` bounds the length as well as the characters. */
export const word = (
  name: string,
  [pattern, expected]: readonly [RegExp, string],
  fallback: string,
  help: string,
  secret = false,
): Variable<string> => variable(name, text.regex(pattern), expected, fallback, help, { secret });

export const optionalWord = (
  name: string,
  [pattern, expected]: readonly [RegExp, string],
  help: string,
  rest: Rest = {},
): Variable<string | undefined> =>
  variable<string | undefined>(name, text.regex(pattern), expected, undefined, help, rest);

export const path = (name: string, fallback: (place: Place) => string, otherwise: string, help: string) =>
  variable(name, text.regex(/^[^\0]{1,4096}$/), 'a path', fallback, help, { otherwise });

export const optionalPath = (name: string, otherwise: string, help: string): Variable<string | undefined> =>
  variable<string | undefined>(name, text.regex(/^[^\0]{1,4096}$/), 'a path', undefined, help, { otherwise });

export const list = (
  name: string,
  [pattern, expected]: readonly [RegExp, string],
  fallback: readonly string[],
  help: string,
): Variable<readonly string[]> => {
  const split = text.transform((value) =>
    value
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  );
  const schema = split.pipe(z.array(text.regex(pattern)).max(256));
  return variable<readonly string[]>(name, schema, `${expected}, comma separated`, fallback, help);
};
