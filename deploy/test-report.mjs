// `npm run test:report`: what the last `test:all` or `verify:all` came to: its stages, the tests that failed and why, and the slowest
// tests. Another folder than test-results may be named. Ends with 1 where something failed, with 2 where there is no report.

import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const slowestShown = 10;
const messageLines = 12;

/** The tests of Vitest's JSON reports, each with its stage. */
export function testsOf(stages, read) {
  return stages.flatMap(({ name, report }) => {
    const json = report === undefined ? undefined : read(report);
    return (json?.testResults ?? []).flatMap(({ name: file, assertionResults }) =>
      assertionResults.map(({ fullName, status, duration = 0, failureMessages = [] }) => ({
        stage: name,
        file,
        title: fullName,
        status,
        ms: duration,
        message: failureMessages.join('\n'),
      })),
    );
  });
}

/** The report as lines of text. */
export function reportLines({ ok, passed, failed, skipped, stages }, tests) {
  const bad = tests.filter(({ status }) => status === 'failed');
  const slowest = tests.toSorted((a, b) => b.ms - a.ms).slice(0, slowestShown);
  const seconds = (value) => value.toFixed(1).padStart(7);
  return [
    ...stages.map((stage) => `${stage.name.padEnd(16)} ${seconds(stage.seconds)} s  ${stage.ok ? 'ok' : 'FAILED'}`),
    ...bad.flatMap(({ stage, file, title, message }) => [
      '',
      `FAILED ${stage}: ${file}`,
      `  ${title}`,
      ...message
        .split('\n')
        .slice(0, messageLines)
        .map((line) => `    ${line}`),
    ]),
    ...(slowest.length > 0 ? ['', 'slowest tests:'] : []),
    ...slowest.map(({ ms, stage, title }) => `${seconds(ms / 1000)} s  ${stage}: ${title}`),
    '',
    `${ok ? 'ok' : 'FAILED'}: ${passed} passed, ${failed} failed, ${skipped} skipped`,
  ];
}

function main(folder) {
  const read = (name) => {
    try {
      return JSON.parse(readFileSync(join(folder, name), 'utf8'));
    } catch {
      return undefined;
    }
  };
  const summary = read('summary.json');
  if (summary === undefined) {
    process.stderr.write(`test:report: no report in ${relative(root, folder)}; npm run test:all makes one\n`);
    return 2;
  }
  const tests = testsOf(summary.stages, read).map((test) => ({ ...test, file: relative(root, test.file) }));
  process.stdout.write(`${reportLines(summary, tests).join('\n')}\n`);
  return summary.ok ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = main(resolve(root, process.argv[2] ?? 'test-results', 'check'));
