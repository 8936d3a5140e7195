/**
 * What the doctor says: of each line of an environment file what it will do, of the whole whether it would start, then what was
 * found on the machine, and at the end what to do next. Pure; who calls it looks at the machine. Invariant: no value of a secret
 * is told.
 */

import type { Finding } from '../actors/seams.ts';
import { type ConfigResult, type Environment, type Problem, readConfig } from './config.ts';
import { nearest } from './config-spelling.ts';
import { variables } from './config-table.ts';
import { type Place, type Variable, withoutSecrets } from './config-value.ts';
import type { EnvLine } from './env-file.ts';
import { changedDefaults, meaningNow, readerOf } from './migration.ts';

const table: readonly Variable<unknown>[] = Object.values(variables);
const known = table.flatMap(({ name, aliases, formerly }) => [name, ...aliases, ...formerly]);

const isOurs = (name: string): boolean => /^(PROXY|WORKER)_/.test(name);

/** Of names that are not in the table nobody knows whether they hold a secret. */
const shown = ({ name, value }: EnvLine, variable: Variable<unknown> | undefined): string => {
  if (value === '') return `${name}=`;
  return `${name}=${variable === undefined || variable.secret ? '***' : withoutSecrets(value).slice(0, 80)}`;
};

const ownWords = (variable: Variable<unknown>, line: EnvLine, place: Place): Finding => {
  const { name, aliases, formerly, schema, expected, fallback, help } = variable;
  const what = shown(line, variable);
  if (line.value === '') return { verdict: 'good', what: `${what}  counts as unset: ${variable.otherwise}` };
  const read = schema.safeParse(line.value);
  if (!read.success)
    return { verdict: 'bad', what: `${what}  is refused: expected ${expected}`, remedy: `correct ${line.name}` };
  const isDefault = JSON.stringify(read.data) === JSON.stringify(fallback(place));
  const more = meaningNow[name] === undefined ? '' : ` ${meaningNow[name]}`;
  if (formerly.includes(line.name)) {
    return {
      verdict: 'note',
      what: `${what}  is now named ${name}.${more}`,
      remedy: `rename ${line.name} to ${name}`,
    };
  }
  const as = aliases.includes(line.name) ? ` (the same as ${name})` : '';
  if (isDefault) return { verdict: 'good', what: `${what}  is kept${as}; it is the default.${more}` };
  return { verdict: 'good', what: `${what}  is kept${as}: ${help.replaceAll('`', '')}${more}` };
};

/** What one line of the file will do. */
export function lineFinding(line: EnvLine, allowed: readonly string[], place: Place): Finding {
  const { name } = line;
  const variable = table.find((one) => [one.name, ...one.aliases, ...one.formerly].includes(name));
  const what = shown(line, variable);
  if (line.overridden)
    return { verdict: 'note', what: `${what}  is set again below`, remedy: `keep one line for ${name}` };
  if (variable !== undefined) return ownWords(variable, { ...line, value: line.value.trim() }, place);
  const reader = readerOf(name);
  if (reader !== null) return { verdict: 'good', what: `${what}  ${reader}` };
  if (isOurs(name)) {
    const close = nearest(name, known);
    const guess = close === null ? '' : `; did you mean ${close}?`;
    return {
      verdict: 'note',
      what: `${what}  is not known and has no effect${guess}`,
      remedy: `correct or remove ${name}`,
    };
  }
  if (allowed.includes(name))
    return { verdict: 'good', what: `${what}  is passed on to the workers (WORKER_ENV_ALLOW)` };
  return {
    verdict: 'note',
    what: `${what}  is not the gateway's, and workers get it only if WORKER_ENV_ALLOW names it`,
  };
}

/** Of the name that a problem is about: what it says of it. */
const about = ({ message }: Problem): readonly [name: string, what: string] | null => {
  const [, name = '', what = ''] =
    /^([A-Z][A-Z0-9_]*)(?:=(?:"[^"]*"|\*\*\*): | (?=contradicts ))(.*)$/.exec(message) ?? [];
  return name === '' ? null : [name, what];
};
const remedyOf = (problem: Problem): string => problem.remedy ?? `correct ${about(problem)?.[0] ?? 'the environment'}`;

/** A line that is right by itself, and wrong beside the others. */
const beside = (line: EnvLine, found: Finding, problems: readonly Problem[]): Finding => {
  if (found.verdict === 'bad' || line.overridden) return found;
  const problem = problems.find((one) => about(one)?.[0] === line.name);
  if (problem === undefined) return found;
  const variable = table.find(({ name, aliases, formerly }) => [name, ...aliases, ...formerly].includes(line.name));
  const [, what = ''] = about(problem) ?? [];
  return { verdict: 'bad', what: `${shown(line, variable)}  is refused: ${what}`, remedy: remedyOf(problem) };
};

/** Of the whole: what would stop the start. What is wrong with a line was told there. */
const startFindings = (result: ConfigResult, lines: readonly EnvLine[]): readonly Finding[] => {
  if (result.ok) return [{ verdict: 'good', what: 'The gateway would start with this environment.' }];
  const told = (problem: Problem): boolean => lines.some(({ name }) => name === about(problem)?.[0]);
  return result.problems
    .filter((problem) => !told(problem))
    .map((problem) => ({
      verdict: 'bad',
      what: `${problem.code}: ${problem.message}`,
      remedy: remedyOf(problem),
    }));
};

export interface Diagnosis {
  readonly lines: readonly Finding[];
  readonly start: readonly Finding[];
  /** Defaults that are in force and were others before. */
  readonly changed: readonly string[];
  readonly result: ConfigResult;
}

const strayFinding = (number: number): Finding => ({
  verdict: 'note',
  what: `line ${number} sets nothing: NAME=value is expected`,
  remedy: `correct or remove line ${number}`,
});

/** `environment`: what the process would have, the file included. `stray`: numbers of lines that set nothing. */
export function diagnose(
  lines: readonly EnvLine[],
  environment: Environment,
  place: Place,
  stray: readonly number[] = [],
): Diagnosis {
  const result = readConfig(environment, place);
  const problems = result.ok ? [] : result.problems;
  const unset = ({ name }: { readonly name: string }): boolean => (environment[name]?.trim() ?? '') === '';
  return {
    lines: [
      ...lines.map((line) => beside(line, lineFinding(line, result.config.workerEnvAllow, place), problems)),
      ...stray.map(strayFinding),
    ],
    start: startFindings(result, lines),
    changed: changedDefaults
      .filter(unset)
      .map(({ name, before, now, why }) => `${name}: ${now}, before ${before}. ${why.replaceAll('`', '')}`),
    result,
  };
}

const marks: Readonly<Record<Finding['verdict'], string>> = { good: 'ok  ', note: 'note', bad: 'BAD ' };

const part = (title: string, findings: readonly Finding[]): readonly string[] =>
  findings.length === 0 ? [] : ['', title, ...findings.map(({ verdict, what }) => `  ${marks[verdict]}  ${what}`)];

/** The text for a person; the last lines say what to do. */
export function report(file: string | null, { lines, start, changed }: Diagnosis, machine: readonly Finding[]): string {
  const all = [...lines, ...start, ...machine];
  const steps = (verdict: Finding['verdict']): readonly string[] => [
    ...new Set(
      all.filter((one) => one.verdict === verdict).flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy])),
    ),
  ];
  const must = steps('bad');
  const may = steps('note');
  const next = all.some(({ verdict }) => verdict === 'bad')
    ? ['Before it can start:', ...must.map((step, index) => `  ${index + 1}. ${step}`)]
    : ['Nothing stands in the way. Start it with: npm start'];
  const advice = may.length === 0 ? [] : ['When you have time:', ...may.map((step) => `  - ${step}`)];
  return [
    ...(file === null ? ['No environment file was given; this is about the environment of this shell.'] : []),
    ...part(`What each line of ${file ?? 'the environment'} does`, lines),
    ...part('The start', start),
    ...(changed.length === 0
      ? []
      : ['', 'Defaults that were others before', ...changed.map((line) => `  -     ${line}`)]),
    ...part('This machine', machine),
    '',
    ...next,
    ...advice,
    '',
  ].join('\n');
}
