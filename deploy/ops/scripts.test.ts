/** What holds of every operator script: it explains itself, it can be tried without doing anything, and the documents name it. */

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './environment.ts';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const ours = Object.entries(scripts).flatMap(([name, command]) => {
  const [, file, args = ''] = /deploy\/launch\.mjs (deploy\/ops\/\S+\.ts)(?: (.*))?$/u.exec(command) ?? [];
  return file === undefined ? [] : [{ name, file, args: args.split(' ').filter((arg) => arg !== '') }];
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** With nothing in its environment. */
const start = (file: string, args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, [join(root, file), ...args], { cwd: root, env: { PATH: '' } }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });

/** One of each that begins in the same way: `rollback.ts --env prod` is `rollback.ts`. */
const kinds = [
  ...new Map(
    ours.map((one) => [`${one.file} ${one.args.filter((arg) => !arg.startsWith('-'))[0] ?? ''}`, one]),
  ).values(),
];

/** On a busy machine a process takes its time. */
const withinMs = 60_000;

test.concurrent.each(kinds)(
  'npm run $name explains itself',
  async ({ file, args }) => {
    const help = await start(file, [...args, '--help']);
    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toMatch(/^usage: npm run /);
    expect(help.stdout).toMatch(/^ {2}--dry-run /m);
    expect(help.stdout).toMatch(/^Exit code: 0 done, 1 something failed, 2 /m);
  },
  withinMs,
);

test.concurrent.each(kinds)(
  'npm run $name has no option that Node takes for itself',
  async ({ file, args }) => {
    // Wherever it stands, Node reads the file, or ends in its own words.
    expect((await start(file, [...args, '--help'])).stdout).not.toMatch(/^ {2}--(?:env-file|inspect|test|watch)\b/m);
  },
  withinMs,
);

const files = [...new Map(kinds.map((one) => [one.file, one])).values()];

test.concurrent.each(files)(
  'npm run $name refuses what it does not understand',
  async ({ file, args }) => {
    const stray = await start(file, [...args, '--no-such-option']);
    expect([stray.code, stray.stdout]).toEqual([2, '']);
    expect(stray.stderr).toMatch(/^npm run .*no-such-option.*\n$/);
  },
  withinMs,
);

test('a page of docs/, or CONTRIBUTING, names every one', () => {
  const pages = ['CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter(
    (page) => page.endsWith('.md') && page !== 'docs/parity.md',
  );
  const text = pages.map((page) => readFileSync(join(root, page), 'utf8')).join('\n');
  expect(
    ours.map(({ name }) => name).filter((name) => !new RegExp(`[\`\\s]${name}(?![\\w:-])`, 'u').test(text)),
  ).toEqual([]);
});
