/**
 * Where a script finds its settings: the process's environment, then the environment file. Invariant: what is typed in front
 * of a command wins over what a file says, as with `docker compose`; an empty value counts as unset.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseEnv } from 'node:util';
import { Refusal } from './refusal.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The project: what paths without a beginning are relative to. */
export const root = join(import.meta.dirname, '../..');

const fileBytesMax = 1024 * 1024;

function readFile(path: string, wanted: boolean): Environment {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length > fileBytesMax) throw new Refusal(`${path} is too long for an environment file`);
    return parseEnv(text);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !wanted) return {};
    throw new Refusal(`cannot read the environment file ${path} (${code ?? 'unknown error'})`);
  }
}

/** `chosen`: a file that somebody has named, which must be there. */
export function loadEnvironment(usual: string, chosen?: string, own: Environment = process.env): Environment {
  const file = chosen === undefined ? readFile(join(root, usual), false) : readFile(chosen, true);
  const set = Object.entries(own).filter(([, value]) => value !== undefined && value.trim() !== '');
  return { ...file, ...Object.fromEntries(set) };
}

/** The first of these variables that is set. */
export const firstOf = (environment: Environment, ...names: readonly string[]): string | undefined =>
  names.map((name) => environment[name]?.trim()).find((value) => value !== undefined && value !== '');

export const isOn = (value: string | undefined): boolean => /^(?:1|true|yes|on)$/iu.test(value?.trim() ?? '');

/** A whole number from a variable; a refusal unless it is one within the bounds. */
export function numberOf(environment: Environment, name: string, preset: number, min: number, max: number): number {
  const text = firstOf(environment, name);
  if (text === undefined) return preset;
  const value = Number(text);
  if (/^\d+$/u.test(text) && value >= min && value <= max) return value;
  throw new Refusal(`${name}=${JSON.stringify(text)}: expected a whole number from ${min} to ${max}`);
}
