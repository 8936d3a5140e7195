/** An environment file, as `docker compose`, `dotenv` and `set -a; . file` read it, line by line. Pure. */

export interface EnvLine {
  /** Counted from 1. */
  readonly number: number;
  readonly name: string;
  readonly value: string;
  /** The same name is set again below, which is what counts. */
  readonly overridden: boolean;
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/u;

/** A quoted value ends with its quote; a bare one before a comment. */
const valueOf = (text: string): string => {
  const double = /^"((?:[^"\\]|\\.)*)"/u.exec(text)?.[1];
  if (double !== undefined)
    return double.replaceAll(/\\([nrt"\\$])/gu, (_, sign: string) => ({ n: '\n', r: '\r', t: '\t' })[sign] ?? sign);
  const single = /^'([^']*)'/u.exec(text)?.[1];
  if (single !== undefined) return single;
  return text.startsWith('#') ? '' : text.replace(/\s+#.*$/u, '').trim();
};

/** Lines that are neither empty nor comments and set nothing are left out. */
export function readEnvFile(text: string): readonly EnvLine[] {
  const lines = text
    .replace(/^\ufeff/u, '')
    .split(/\r?\n/u)
    .flatMap((line, index) => {
      const [, name, rest] = assignment.exec(line) ?? [];
      return name === undefined ? [] : [{ number: index + 1, name, value: valueOf(rest ?? '') }];
    });
  return lines.map((line, index) => ({
    ...line,
    overridden: lines.some((other, at) => at > index && other.name === line.name),
  }));
}

export const environmentOf = (lines: readonly EnvLine[]): Readonly<Record<string, string>> =>
  Object.fromEntries(lines.map(({ name, value }) => [name, value]));
