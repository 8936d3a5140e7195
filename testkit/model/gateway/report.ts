/** The report of the checker, `docs/model-report.md`: nothing in it but what the code determines. */

import { accountFaults } from './account.ts';
import { poolLimits } from './house.ts';
import { processFaults } from './process.ts';
import type { Scope } from './scopes.ts';
import { line, type Story } from '../story.ts';
import { turnChoices, turnFaults } from './turn.ts';
import type { ScopeResult, Survey, Witness } from './survey.ts';

/** What a scope leaves out. */
const without = (scope: Scope): string => {
  const left = [
    ...processFaults.filter((one) => !scope.process.includes(one)).map((one) => `process ${one}`),
    ...turnFaults.filter((one) => !scope.turn.includes(one)).map((one) => `turn ${one}`),
    ...turnChoices.filter((one) => scope.choices?.includes(one) !== true).map((one) => `turn may ${one}`),
    ...(scope.leaves === true ? [] : ['clients that leave']),
    ...(scope.drains === undefined ? ['drain'] : []),
    ...(scope.waits === 'output' ? [] : ['output in queues']),
    ...(scope.waits === 'news' ? [] : ['news of output in queues']),
    ...(scope.strays === true ? [] : ['stray letters']),
    ...(scope.account === undefined
      ? ['sign-in']
      : accountFaults.filter((one) => scope.account?.includes(one) !== true).map((one) => `account ${one}`)),
    ...(scope.liveness ? [] : ['progress']),
  ];
  return left.join(', ');
};

const number = (value: number): string => value.toLocaleString('en-US');

const cell = (text: string): string => text.replaceAll('|', String.raw`\|`);

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${heads.join(' | ')} |`,
  `|${heads.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
];

const scopeRows = (results: readonly ScopeResult[]): string[][] =>
  results.map(({ scope, states, edges, depth }) => [
    scope.name,
    `${scope.workers} x ${scope.streams}`,
    String(scope.faults),
    scope.symmetric === true ? 'by symmetry' : 'not reduced',
    number(states),
    number(edges),
    String(depth),
    scope.about,
  ]);

/** `every delta once and in order/resp_0` is one property, whoever it is asked of. */
const propertyRows = (results: readonly ScopeResult[]): string[][] => {
  const where = new Map<string, string[]>();
  for (const { scope, properties } of results)
    for (const name of new Set(properties.map((one) => one.split('/')[0] as string)))
      where.set(name, [...(where.get(name) ?? []), scope.name]);
  return [...where].map(([name, names]) => [name, names.length === results.length ? 'all' : names.join(', ')]);
};

const story = ({ steps }: Story): string[] =>
  steps.map((step, index) => `${String(index + 1).padStart(3)}  ${step.map(line).join('  |  ')}`);

const sightSection = ([name, { scope, story: told }]: readonly [string, Witness]): string[] => [
  `### ${name}`,
  '',
  `In scope \`${scope}\`, after ${told.steps.length} steps:`,
  '',
  '```',
  ...story(told),
  '```',
  '',
];

const byName = ([a]: readonly [string, Witness], [b]: readonly [string, Witness]): number => (a < b ? -1 : 1);

/** `more`: sections that other tools contribute, each with its heading. */
export const report = (survey: Survey, more: readonly string[]): string => {
  const { results, transitions, sights } = survey;
  const lines = [
    '# Model report',
    '',
    'Made by `npm run model -- --write` and compared with the code by `npm run model`; not to be edited. What the checker',
    'does, and how to check a machine of your own, is in [model-checking](model-checking.md).',
    '',
    '## Scopes',
    '',
    'The machines are checked as they ship, composed as supervisor x workers x streams. A scope is named by what it enables.',
    `Limits: ${String(poolLimits.turnsPerWorkerMax)} turn a worker, ${String(poolLimits.queueMax)} in the queue, ${String(poolLimits.restartMax)} restart a period, back-off in two`,
    'steps; two deltas a sampling. Every state of a scope is visited.',
    '',
    ...table(
      ['scope', 'workers x streams', 'faults', 'states are', 'states', 'edges', 'depth', 'what may happen'],
      scopeRows(results),
    ),
    '',
    '### What each leaves out',
    '',
    ...table(
      ['scope', 'without'],
      results.map(({ scope }) => [scope.name, without(scope)]),
    ),
    '',
    'No scope has: a second try on another worker, choices of one request that share their leases, a pool that changes its size,',
    'letters that are lost between nodes. The machines do not have them yet.',
    '',
    '## Properties',
    '',
    'All hold in the scopes named: safety in every state, progress (those at the end of the list) under weak fairness.',
    '',
    ...table(['property', 'scopes'], propertyRows(results)),
    '',
    '## Transitions',
    '',
    `All ${transitions.size} declared transitions are taken; \`steps\` is the length of the shortest run to each.`,
    '',
    ...table(
      ['transition', 'steps', 'scope'],
      [...transitions].sort(byName).map(([name, { scope, steps }]) => [`\`${name}\``, String(steps), scope]),
    ),
    '',
    ...more.flatMap((section) => [section, '']),
    '## Witnesses',
    '',
    'What must happen sometimes, each by its shortest story: one line a step, in which the machine after `|` hears at once what',
    'the one before it has emitted.',
    '',
    ...[...sights].sort(byName).flatMap(sightSection),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
};
