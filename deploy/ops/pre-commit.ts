/**
 * The hook of `npm run hooks`, and `npm run secrets:scan`: no secret among the staged files, and these are formatted and pass the
 * linter. Invariant: it changes nothing, and a finding never repeats what it found.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './environment.ts';
import { type File, stagedFiles, trackedFiles } from './hooks/git.ts';
import { fileFinding, findingsIn } from './hooks/secrets.ts';
import { run } from './run.ts';
import { runScript } from './script.ts';

const scannedAtOnce = 8;
/** Locks have hashes that look like anything. */
const notScanned = /(^|\/)package-lock\.json$/;

async function secretsIn(files: readonly File[]): Promise<readonly string[]> {
  const found: string[] = files.flatMap(({ path }) => fileFinding(path) ?? []);
  const waiting = files.filter(({ path }) => !notScanned.test(path));
  while (waiting.length > 0) {
    const texts = waiting.splice(0, scannedAtOnce).map(async ({ path, read }) => findingsIn(path, await read()));
    found.push(...(await Promise.all(texts)).flat());
  }
  return found;
}

async function tool(name: string, args: readonly string[]): Promise<string | null> {
  const { code, stdout, stderr } = await run(process.execPath, [join(root, name), ...args], { cwd: root });
  return code === 0 ? null : `${stdout}${stderr}`.trim();
}

await runScript(
  {
    command: 'npm run secrets:scan',
    summary:
      'Looks for secrets in the tracked files, or with --staged in what is about to be committed, and then formats and lint of that.',
    options: { staged: { help: 'What is staged; formatter and linter look at it, too (the hook).' } },
  },
  process.argv.slice(2),
  async ({ values }, { say, dryRun }) => {
    const files = await (values.staged ? stagedFiles() : trackedFiles());
    if (dryRun) {
      say(`would look at ${files.length} files`);
      return 0;
    }
    const secrets = await secretsIn(files);
    for (const finding of secrets) say(finding);
    if (secrets.length > 0) {
      say('Take it out, and change it where it was in use. A line that only looks like one: add not-a-secret to it.');
      return 1;
    }
    if (!values.staged) {
      say(`${files.length} files, no secret`);
      return 0;
    }
    const sources = files
      .map(({ path }) => path)
      .filter((path) => /\.(ts|mjs)$/.test(path) && existsSync(join(root, path)));
    // Without the rules that need types: a commit takes a moment, not the ten seconds of `npm run lint`.
    const unformatted = await tool('node_modules/@biomejs/biome/bin/biome', [
      'format',
      '--staged',
      '--no-errors-on-unmatched',
    ]);
    if (unformatted !== null) say(`${unformatted}\nnpm run format corrects that; then stage it again.`);
    const faults =
      sources.length === 0 ? null : await tool('node_modules/oxlint/bin/oxlint', ['--deny-warnings', ...sources]);
    if (faults !== null) say(faults);
    return unformatted === null && faults === null ? 0 : 1;
  },
);
