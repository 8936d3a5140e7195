/**
 * `npm run model`: checks every scope, prints how long that took, and compares `docs/model-report.md` with what was found.
 * Exit code 1: something is wrong; its story is printed, and saved as JSON (for a replay) and as a diagram.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { houseModel } from './gateway/house.ts';
import { report } from './gateway/report.ts';
import { deepScopes, type Scope, scopes } from './gateway/scopes.ts';
import { type ScopeResult, Survey } from './gateway/survey.ts';
import { traceText } from './gateway/trace.ts';
import { readSurvivors, readVerdicts } from './mutants/register.ts';
import { mutantReport } from './mutants/report.ts';
import { search } from './search.ts';
import { mermaid, tell } from './story.ts';
import { walksOf } from './walk.ts';

const help = `npm run model -- [options]

  --write        writes docs/model-report.md instead of comparing it
  --deep         the deep scopes as well (npm run model:deep)
  --scope NAME   this scope only; may be given more than once
  --list         names the scopes
`;

const folder = new URL('../../coverage/model/', import.meta.url);
const page = new URL('../../docs/model-report.md', import.meta.url);

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    deep: { type: 'boolean', default: false },
    scope: { type: 'string', multiple: true },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const fail = (text: string): void => {
  say(text);
  process.exitCode = 1;
};

const chosen = (): readonly Scope[] => {
  const all = [...scopes, ...deepScopes];
  if (values.scope === undefined) return values.deep ? all : scopes;
  return values.scope.map((name) => {
    const scope = all.find((one) => one.name === name);
    if (scope === undefined)
      throw new Error(`there is no scope ${name}; the scopes are ${all.map((one) => one.name).join(', ')}`);
    return scope;
  });
};

const save = ({ scope, story }: ScopeResult): void => {
  if (story === null) return;
  const name = scope.name.replaceAll(/\W+/gu, '-');
  writeFileSync(new URL(`${name}.json`, folder), traceText(scope, story));
  writeFileSync(new URL(`${name}.mmd`, folder), `${mermaid(story, houseModel(scope))}\n`);
  fail(`\n${scope.name}: ${story.text}\n\n${tell(story)}\n\nsaved as coverage/model/${name}.json and .mmd\n`);
};

const row = ({ scope, states, edges, depth, seconds, residentBytes }: ScopeResult): string =>
  [
    scope.name.padEnd(18),
    String(states).padStart(10),
    String(edges).padStart(11),
    String(depth).padStart(6),
    seconds.toFixed(1).padStart(8),
    String(Math.round(states / seconds)).padStart(10),
    String(Math.round(residentBytes / 2 ** 20)).padStart(8),
  ].join(' ');

const compare = (wanted: string): void => {
  let found: string;
  try {
    found = readFileSync(page, 'utf8');
  } catch {
    found = '';
  }
  if (found === wanted) return say('docs/model-report.md is what was found');
  const lines = wanted.split('\n');
  const at = found.split('\n').findIndex((text, index) => text !== lines[index]);
  fail(
    `docs/model-report.md:${(at < 0 ? lines.length : at) + 1} is not what was found; npm run model -- --write writes it`,
  );
};

/** What stands beside the checker: another engine, and the machines in earnest. */
const engines = (): string => {
  const [lifecycle] = scopes as [Scope];
  const { states, edges } = search({ ...houseModel(lifecycle), monitors: [] }, { statesMax: lifecycle.statesMax });
  const walks = scopes.reduce((sum, { name }) => sum + walksOf(name), 0);
  return [
    '## Other engines',
    '',
    `Spin counts ${states.size.toLocaleString('en-US')} states and ${edges.toLocaleString('en-US')} edges in scope`,
    `\`${lifecycle.name}\`, from the local tables and without the ghosts of the monitors: the same as the checker, and an initial`,
    'state of its own. `npm run spin` compares them.',
    '',
    `Running actors (as they ship, and in XState's \`createActor\`; timers are fired one by one) agree with the tables step by step`,
    `in ${walks} random walks over all scopes; \`testkit/model/conformance.test.ts\` takes them.`,
  ].join('\n');
};

const mutantSection = (): string =>
  [
    '## Mutants',
    '',
    'Machines with one thing wrong, made from their configuration by `npm run mutants`, and what noticed it. Equivalent ones make',
    'the same edges in every scope.',
    '',
    mutantReport(readVerdicts(), readSurvivors()).trimEnd(),
  ].join('\n');

const run = (): void => {
  mkdirSync(folder, { recursive: true });
  const survey = new Survey();
  say('scope                  states       edges  depth  seconds   states/s      MiB');
  const startMs = performance.now();
  for (const scope of chosen()) {
    const result = survey.take(scope, (states, depth) => {
      if (states % 5_000_000 === 0) say(`  ${scope.name}: ${states} states, depth ${depth}`);
    });
    say(row(result));
    save(result);
  }
  const seconds = (performance.now() - startMs) / 1_000;
  const states = survey.results.reduce((sum, one) => sum + one.states, 0);
  say(`${states} states in ${seconds.toFixed(1)} s, ${Math.round(states / seconds)} a second`);
  const figures = survey.results.map(({ scope, seconds: took, residentBytes, states: many }) => {
    return { scope: scope.name, states: many, seconds: took, residentBytes };
  });
  writeFileSync(new URL('figures.json', folder), `${JSON.stringify({ seconds, figures }, null, 2)}\n`);
  if (process.exitCode === 1) return;
  if (values.scope !== undefined) return say('not all scopes: coverage and docs/model-report.md are not compared');
  const missing = survey.missing();
  if (missing.length > 0) return fail(`never seen in any scope:\n${missing.map((name) => `  ${name}`).join('\n')}`);
  if (values.deep) return;
  const text = report(survey, [engines(), mutantSection()]);
  if (values.write) writeFileSync(page, text);
  else compare(text);
};

if (values.help) say(help);
else if (values.list) for (const { name, about } of [...scopes, ...deepScopes]) say(`${name.padEnd(18)} ${about}`);
else run();
