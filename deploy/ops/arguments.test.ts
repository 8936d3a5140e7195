import { expect, test } from 'vitest';
import { helpText, imageReference, oneOf, plainWord, readArguments, wholeNumber } from './arguments.ts';
import { Refusal } from './refusal.ts';

const manual = {
  command: 'npm run some:thing',
  summary: 'Does something.',
  options: {
    env: { value: 'prod|dev', help: 'Which.', check: oneOf('prod', 'dev', 'both') },
    keep: { value: 'N', help: 'How many.', default: '3', check: wholeNumber(1, 99) },
    force: { help: 'Even so.' },
  },
  variables: { DOMAIN: 'The site.' },
  examples: ['npm run some:thing -- --env dev'],
} as const;

test('values, defaults and switches', () => {
  const { values } = readArguments(manual, ['--env', 'dev', '--force']);
  expect(values).toEqual({ env: 'dev', keep: '3', force: true, 'dry-run': false, help: false });
  expect(readArguments({ ...manual, operands: ['ARCHIVE'] }, ['a.tar.gz', '--dry-run']).operands).toEqual(['a.tar.gz']);
});

test.each([
  [['--env', 'test'], '--env "test": expected prod, dev or both'],
  [['--env='], '--env is empty, expected prod|dev'],
  [['--env'], "Option '--env <value>' argument missing"],
  [['--keep', '0'], '--keep "0": expected a whole number from 1 to 99'],
  [['--keep', '--force'], "Option '--keep' argument is ambiguous"],
  [['--force=no'], "Option '--force' does not take an argument"],
  [['--forse'], "Unknown option '--forse'"],
  [['stray'], 'unexpected: stray'],
])('%j is refused: %s', (argv, message) => {
  const read = () => readArguments(manual, argv);
  expect(read).toThrow(Refusal);
  expect(read).toThrow(message);
  expect(read).toThrow('(see npm run some:thing -- --help)');
});

test('an operand that is missing is named', () => {
  expect(() => readArguments({ ...manual, operands: ['ARCHIVE'] }, [])).toThrow('missing: ARCHIVE');
  expect(readArguments({ ...manual, operands: ['ARCHIVE'] }, ['--help']).values.help).toBe(true);
});

test('the help names all options, defaults, variables and examples', () => {
  const text = helpText({ ...manual, operands: ['ARCHIVE'] });
  expect(text).toContain('usage: npm run some:thing -- ARCHIVE [options]');
  expect(text).toMatch(/^ {2}--env prod\|dev +Which\.$/m);
  expect(text).toMatch(/^ {2}--keep N +How many\. \[3\]$/m);
  expect(text).toMatch(/^ {2}--dry-run/m);
  expect(text).toMatch(/^ {2}DOMAIN +The site\.$/m);
  expect(helpText(manual)).toContain('usage: npm run some:thing [-- options]');
});

test('words and names of images hold nothing that a shell, a path or docker would read as more', () => {
  for (const bad of ['', '-x', 'a/b', '..', 'a b', 'a;b', '$(a)']) expect(plainWord(bad)).not.toBeNull();
  expect(['prod', 'v1.2.3', 'a_b-c'].map(plainWord)).toEqual([null, null, null]);
  for (const bad of ['', '--privileged', 'a b', 'a;b']) expect(imageReference(bad)).not.toBeNull();
  expect(['codex-actors:latest', 'sha256:0123', 'ghcr.io/a/b:c@sha256:0'].map(imageReference)).toEqual([
    null,
    null,
    null,
  ]);
});
