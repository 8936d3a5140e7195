/** A compose file as its reader sees it, with variables filled in the way compose does. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const root = join(import.meta.dirname, '../..');

export interface ComposeService {
  readonly image: string;
  readonly build: string;
  readonly environment: Readonly<Record<string, string | null>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly networks?: readonly string[];
  readonly network_mode?: string;
  readonly env_file?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly command?: readonly string[];
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks?: Readonly<Record<string, { readonly external?: boolean } | null>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

type Environment = Readonly<Record<string, string>>;

/** Throws the message of a variable that has to be set and is not. */
export const filledIn = (text: string, environment: Environment): string =>
  text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind: string | undefined, rest = '') => {
    const value = environment[name] ?? '';
    if (value !== '') return value;
    if (kind === '?') throw new Error(String(rest));
    return kind === '-' ? String(rest) : '';
  });

export const textOf = (name: string): string => readFileSync(join(root, name), 'utf8');

export const composeFile = (name: string, environment: Environment = {}): ComposeFile =>
  parse(filledIn(textOf(name).replaceAll(/^\s*#.*$/gm, ''), environment), { merge: true }) as ComposeFile;

/** What a container's process sees: a variable without a value comes from the environment, or is not there. */
export const environmentOf = ({ environment }: ComposeService): Environment =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)] as const])),
  );
