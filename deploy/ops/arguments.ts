/**
 * Arguments of an operator script: one description gives the parser, the checks and `--help`. Invariant: all arguments are
 * understood and checked before a script does anything; one that is not understood is a refusal that names what is expected.
 */

import { parseArgs } from 'node:util';
import { messageOf, Refusal } from './refusal.ts';

export interface Option {
  /** How its value is called in the help; without it the option is a switch. */
  readonly value?: string;
  readonly help: string;
  readonly default?: string;
  /** What is wrong with a value, or null. */
  readonly check?: (value: string) => string | null;
}

type Options = Readonly<Record<string, Option>>;

export interface Manual<T extends Options = Options> {
  /** As it is typed: `npm run port:check`. */
  readonly command: string;
  readonly summary: string;
  readonly options: T;
  readonly variables?: Readonly<Record<string, string>>;
  readonly examples?: readonly string[];
  /** Names of the arguments without dashes; all of them are wanted. */
  readonly operands?: readonly string[];
}

export type Values<T extends Options> = {
  readonly [Name in keyof T]: T[Name] extends { readonly value: string }
    ? T[Name] extends { readonly default: string }
      ? string
      : string | undefined
    : boolean;
} & { readonly 'dry-run': boolean; readonly help: boolean };

export interface Given<T extends Options> {
  readonly values: Values<T>;
  readonly operands: readonly string[];
}

/** Every script has them. */
const always = {
  'dry-run': { help: 'Say what would be done, and do nothing.' },
  help: { help: 'This text.' },
} as const satisfies Options;

const column = 26;

function described([name, { value, help, default: preset }]: readonly [string, Option]): string {
  const left = `  --${name}${value === undefined ? '' : ` ${value}`}`;
  const right = preset === undefined ? help : `${help} [${preset}]`;
  return left.length < column ? `${left.padEnd(column)}${right}` : `${left}\n${' '.repeat(column)}${right}`;
}

export function helpText({ command, summary, options, variables = {}, examples = [], operands = [] }: Manual): string {
  const taken = operands.map((operand) => ` ${operand}`).join('');
  const lines = [
    `usage: ${command}${taken === '' ? '' : ' --'}${taken} [-- options]`.replace(
      / -- (.*) \[-- options\]/u,
      ' -- $1 [options]',
    ),
    '',
    summary,
    '',
    ...Object.entries({ ...options, ...always }).map(described),
  ];
  const named = Object.entries(variables);
  if (named.length > 0) lines.push('', 'Variables, from the environment or else from the environment file:');
  for (const [name, meaning] of named) {
    const left = `  ${name}`;
    lines.push(left.length < column ? `${left.padEnd(column)}${meaning}` : `${left}\n${' '.repeat(column)}${meaning}`);
  }
  if (examples.length > 0) lines.push('', 'Examples:', ...examples.map((example) => `  ${example}`));
  return [
    ...lines,
    '',
    'Exit code: 0 done, 1 something failed, 2 not understood or not possible, nothing was done.',
  ].join('\n');
}

const refused = (command: string, what: string): Refusal => new Refusal(`${what} (see ${command} -- --help)`);

export function readArguments<T extends Options>(manual: Manual<T>, argv: readonly string[]): Given<T> {
  const { command, operands: wanted = [] } = manual;
  const options: Options = { ...manual.options, ...always };
  const shapes = Object.entries(options).map(([name, { value }]) => {
    const type = value === undefined ? ('boolean' as const) : ('string' as const);
    return [name, { type }] as const;
  });
  const { values, positionals } = (() => {
    try {
      return parseArgs({ args: [...argv], options: Object.fromEntries(shapes), allowPositionals: true, strict: true });
    } catch (error) {
      throw refused(command, messageOf(error).split('. ')[0] ?? '');
    }
  })();
  const read: Record<string, string | boolean | undefined> = {};
  for (const [name, { value: placeholder, default: preset, check }] of Object.entries(options)) {
    const given = values[name];
    if (placeholder === undefined) {
      read[name] = given === true;
      continue;
    }
    const value = typeof given === 'string' ? given : preset;
    if (value?.trim() === '') throw refused(command, `--${name} is empty, expected ${placeholder}`);
    const wrong = value === undefined ? null : (check?.(value) ?? null);
    if (wrong !== null) throw refused(command, `--${name} ${JSON.stringify(value)}: ${wrong}`);
    read[name] = value;
  }
  if (read['help'] !== true && positionals.length !== wanted.length) {
    const stray = positionals.slice(wanted.length).join(' ');
    throw refused(
      command,
      stray === '' ? `missing: ${wanted.slice(positionals.length).join(' ')}` : `unexpected: ${stray}`,
    );
  }
  return { values: read as Values<T>, operands: positionals };
}

/** Checks for values. */
export const oneOf =
  (...words: readonly string[]) =>
  (value: string): string | null =>
    words.includes(value) ? null : `expected ${words.join(', ').replace(/, ([^,]*)$/u, ' or $1')}`;

export const wholeNumber =
  (min: number, max: number) =>
  (value: string): string | null =>
    /^\d{1,9}$/u.test(value) && Number(value) >= min && Number(value) <= max
      ? null
      : `expected a whole number from ${min} to ${max}`;

/** For names that become part of a file name or of an image's tag. */
export const plainWord = (value: string): string | null =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u.test(value)
    ? null
    : 'expected a word of letters, digits, dots, dashes and underscores, at most 64 characters';

export const imageReference = (value: string): string | null =>
  /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,254}$/u.test(value)
    ? null
    : 'expected the name of an image, such as codex-actors:latest';
