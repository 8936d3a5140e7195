/** The names under which the predecessor's users start tests, and that these need nothing but the checkout. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { npmScript } from './npm-script.ts';

const root = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

test.each([
  ['test', 'deploy/check.mjs --cli'],
  ['test:unit', 'vitest.mjs run --project=unit'],
  ['test:unit:watch', 'vitest.mjs watch --project=unit'],
  ['test:integration', 'vitest.mjs run --project=cli'],
  ['test:all', 'deploy/check.mjs --cli --report test-results'],
  ['verify:all', 'deploy/check.mjs --cli --slow --report test-results'],
  ['test:report', 'deploy/test-report.mjs'],
  ['coverage:unit', 'testkit/line-coverage/main.ts'],
])('P-275 npm run %s is %s', (name, command) => {
  expect(scripts[name]).toMatch(new RegExp(`^exec node deploy/launch\\.mjs \\S*${command.replaceAll('.', '\\.')}$`));
});

test('P-275 unit tests and their coverage run without a login, a home, a secret or a variable', async () => {
  const unit = npmScript('test:unit', ['http/env-file.test.ts'], { HOME: '/nonexistent' });
  const coverage = npmScript('coverage:unit', ['http/env-file.test.ts'], { HOME: '/nonexistent' });
  const ended = await Promise.all([unit.ended, coverage.ended]);
  expect([...ended, unit.lines.stderr, coverage.lines.stderr]).toEqual([0, 0, [], []]);
  const [line = ''] = coverage.lines.stdout.filter((one) => one.startsWith('http '));
  expect(Number(/([\d.]+) %/.exec(line)?.[1])).toBeGreaterThan(80);
});

test('P-275 a report that is not there is said to be missing', async () => {
  const report = npmScript('test:report', ['/nonexistent']);
  expect(await report.ended).toBe(2);
  expect(report.lines.stderr.join()).toContain('npm run test:all makes one');
});

test('P-275 no test listens on a port of its own choice', () => {
  const tests = globSync('{machines,actors,transport,http,testkit,deploy}/**/*.{test,e2e,parity,deploy}.ts', {
    cwd: root,
  });
  const fixed = tests.flatMap((path) =>
    readFileSync(join(root, path), 'utf8')
      .split('\n')
      .flatMap((line, at) => (/\.listen\(\s*(?:'[^']*',\s*)?[1-9]\d/.test(line) ? [`${path}:${at + 1}`] : [])),
  );
  expect(tests.length).toBeGreaterThan(150);
  expect(fixed).toEqual([]);
});
