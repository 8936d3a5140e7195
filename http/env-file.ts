/** An environment file, as `docker compose`, `dotenv` and `set -a; . file` read it, line by line. Pure. */

export interface EnvLine {
  /** Counted from 1. */
  readonly number: number;
  readonly name: string;
  readonly value: string;
  /** The same name is set again below, which is what counts. */
  readonly overridden: boolean;
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/u;

/** A quoted value ends with its quote; a bare one before a comment. */
const valueOf = (text: string): string => {
  const double = /^"((?:[^"\\]|\\.)*)"/u.exec(text)?.[1];
  if (double !== undefined)
    return double.replaceAll(/\\([nrt"\\$])/gu, (_, sign: string) => ({ n: '\n', r: '\r', t: '\t' })[sign] ?? sign);
  const single = /^'([^']*)'/u.exec(text)?.[1];
  if (single !== undefined) return single;
  return text.startsWith('#') ? '' : text.replace(/\s#.*$/u, '').trim();
};

const linesOf = (text: string): readonly string[] => text.replace(/^\ufeff/u, '').split(/\r?\n/u);

/** Lines that set nothing are left out. */
export function readEnvFile(text: string): readonly EnvLine[] {
  const lines = linesOf(text).flatMap((line, index) => {
    const [, name, rest = ''] = assignment.exec(line) ?? [];
    return name === undefined ? [] : [{ number: index + 1, name, value: valueOf(rest.trim()) }];
  });
  const last = new Map(lines.map(({ name, number }) => [name, number]));
  return lines.map((line) => ({ ...line, overridden: last.get(line.name) !== line.number }));
}

/** Numbers of lines that set nothing although they are neither empty nor comments. */
export const strayLines = (text: string): readonly number[] =>
  linesOf(text).flatMap((line, index) =>
    line.trim() === '' || line.trim().startsWith('#') || assignment.test(line) ? [] : [index + 1],
  );

export const environmentOf = (lines: readonly EnvLine[]): Readonly<Record<string, string>> =>
  Object.fromEntries(lines.map(({ name, value }) => [name, value]));
