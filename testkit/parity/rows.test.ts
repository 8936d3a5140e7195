import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { variables } from '../../http/config-table.ts';
import { parityPage } from './page.ts';
import { judge, readTable, type Row, rowsIn, strangers, type TestResult } from './rows.ts';

const row = (name: string, more: Partial<Row> = {}): Row => ({
  row: name,
  section: '1.1',
  title: 'Routes',
  feature: 'f',
  required: 'r',
  ...more,
});
const ran = (title: string, status: TestResult['status'] = 'passed'): TestResult => ({ title, file: 'a.ts', status });

test('the rows of a test are the names at the beginning of its title', () => {
  expect(rowsIn('P-8 A-04b, W-3: something like P-9')).toEqual(['P-8', 'A-04b', 'W-3']);
  expect(rowsIn('something like P-9')).toEqual([]);
});

test('a row is kept by a test that passed, broken by one that failed, unchecked without one', () => {
  const rows = [row('P-1'), row('P-2'), row('P-3'), row('P-4')];
  const tests = [ran('P-1 a'), ran('P-1 b', 'skipped'), ran('P-2 c'), ran('P-2 d', 'failed'), ran('P-3 e', 'skipped')];
  expect(judge(rows, tests).map(({ status }) => status)).toEqual(['kept', 'broken', 'unchecked', 'unchecked']);
});

test('a row that only tests with an engine check is kept by those, and says so', () => {
  const [verdict] = judge([row('P-1')], [ran('P-1 a', 'deployed')]);
  expect(verdict?.status).toBe('kept');
  expect(parityPage(verdict === undefined ? [] : [verdict])).toContain('| kept by `npm run test:deploy` |');
  const both = judge([row('P-1')], [ran('P-1 a', 'deployed'), ran('P-1 b')]);
  expect(parityPage(both)).toContain('| kept |');
  expect(judge([row('P-1')], [ran('P-1 a', 'deployed'), ran('P-1 b', 'failed')])[0]?.status).toBe('broken');
});

test('a row that nobody has written down is noticed', () => {
  expect(strangers([row('P-1')], [ran('P-1 P-999 a')])).toEqual(['P-999']);
});

test('every row is written down once', () => {
  const names = readTable().rows.map(({ row: name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(400);
});

/** Read by the gateway's workers, not by the gateway. */
const workersRead = ['CODEX_WORKER_SUPERVISED'];

test('every variable of the gateway is read under its name', () => {
  const known = Object.values(variables).flatMap(({ name, aliases, formerly }) => [name, ...aliases, ...formerly]);
  const wanted = readTable()
    .variables.filter(({ part }) => part !== 'operations')
    .flatMap(({ names }) => names);
  expect(wanted.filter((name) => !known.includes(name) && !workersRead.includes(name))).toEqual([]);
});

test('every variable of stacks and scripts is read by one of them', () => {
  const root = join(import.meta.dirname, '../..');
  const paths = globSync(['*.yml', 'deploy/**/*.{ts,mjs,yml}', 'testkit/{app-server,proto,dev}/*.ts'], {
    cwd: root,
  }).filter((path) => !/node_modules|^deploy\/e2e\/|\.(test|deploy)\.ts$/.test(path));
  // Names in comments are promises, not readers.
  const text = paths
    .map((path) => readFileSync(join(root, path), 'utf8').replaceAll(/^\s*(\/\/|\/?\*|#).*$/gm, ''))
    .join('\n');
  const wanted = readTable()
    .variables.filter(({ part }) => part === 'operations')
    .flatMap(({ names }) => names);
  const pattern = (name: string): RegExp => new RegExp(`\\b${name.replace('*', '\\w*')}\\b`);
  expect(wanted.length).toBeGreaterThan(50);
  expect(wanted.filter((name) => !pattern(name).test(text))).toEqual([]);
});
