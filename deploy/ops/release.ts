/**
 * `npm run release`: what is published of a version: the archive of the sources, its lock, SHA256SUMS and the notes. Invariants: the
 * version is the one of package.json, of its tag and of its section in CHANGELOG.md, all of them; checksums are verified by
 * reading what was written.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { checksumLine, sha256Of, verifyChecksum } from './checksum.ts';
import { loadEnvironment, root } from './environment.ts';
import { given, ofProject } from './homes.ts';
import { Refusal } from './refusal.ts';
import { commandLine, inPath, mustRun, run } from './run.ts';
import { runScript } from './script.ts';
import { revisionOf } from './snapshot/contents.ts';
import { takeSnapshot } from './snapshot/take.ts';
import { notesOf } from './snapshot/notes.ts';

const project = 'codex-actors';

const semver = (value: string): string | null =>
  /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]{1,32})?$/u.test(value) ? null : 'expected a version such as 1.2.3';

async function demandTag(tag: string, sha: string): Promise<void> {
  const { code, stdout } = await run('git', ['rev-parse', '--verify', '--quiet', `refs/tags/${tag}^{commit}`], {
    cwd: root,
  });
  if (code !== 0) throw new Refusal(`there is no tag ${tag}: git tag -a ${tag} -m ${tag}`);
  if (stdout.trim() !== sha) throw new Refusal(`${tag} is not the commit that is checked out: git checkout ${tag}`);
}

await runScript(
  {
    command: 'npm run release',
    summary:
      'Makes what is published of a version in releases/vVERSION: archive, lock, SHA256SUMS and the notes of CHANGELOG.md; --publish hands them to GitHub.',
    options: {
      version: { value: 'VERSION', help: 'Which [the one of package.json].', check: semver },
      'output-dir': { value: 'FOLDER', help: 'Where to [releases/vVERSION in the project].' },
      untagged: {
        help: 'A trial: without tag, with changes, with the notes of [Unreleased] where there are no others.',
      },
      publish: { help: 'Afterwards `gh release create`, which must be signed in.' },
    },
    examples: [
      'npm run release -- --untagged --dry-run',
      'git tag -a v1.2.3 -m v1.2.3 && npm run release -- --publish',
    ],
  },
  process.argv.slice(2),
  async ({ values }, stage) => {
    stage.hide(loadEnvironment('.env'));
    const own = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
    const version = values.version ?? own;
    const tag = `v${version}`;
    const { sha, clean } = await revisionOf(root);
    const notes = notesOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version, values.untagged);
    if (values.untagged && values.publish) throw new Refusal('--untagged and --publish exclude each other');
    if (!values.untagged) {
      if (version !== own) throw new Refusal(`package.json says ${own}, not ${version}`);
      if (!clean) throw new Refusal('there are changes that are not committed');
      await demandTag(tag, sha);
    }
    if (notes === undefined) throw new Refusal(`CHANGELOG.md has no section [${version}]`);
    if (values.publish && !inPath('gh')) throw new Refusal('gh is not installed, or not in PATH');

    const outputDir =
      values['output-dir'] === undefined ? ofProject(join('releases', tag)) : given(values['output-dir']);
    const name = `${project}-${version}`;
    const snapshot = {
      env: 'prod',
      version,
      outputDir,
      name,
      tarball: true,
      keep: 1,
      notes: tag,
      releaseUrl: undefined,
      image: undefined,
    };
    const { archive = '', lockFile } = await takeSnapshot(snapshot, stage, new Date());
    const sums = join(outputDir, 'SHA256SUMS');
    await stage.act(`write and verify ${sums}`, async () => {
      const files = [archive, lockFile];
      const lines = await Promise.all(files.map(async (file) => checksumLine(await sha256Of(file), file)));
      writeFileSync(sums, lines.join(''));
      for (const file of files) await verifyChecksum(file, sums);
    });
    const notesFile = join(outputDir, 'RELEASE_NOTES.md');
    await stage.act(`write ${notesFile}`, () => writeFileSync(notesFile, notes));
    if (!values.publish) return;
    const args = [
      'release',
      'create',
      tag,
      '--verify-tag',
      '--title',
      tag,
      '--notes-file',
      notesFile,
      archive,
      lockFile,
      sums,
    ];
    await stage.act(
      commandLine(
        'gh',
        args.map((arg) => (arg.startsWith(outputDir) ? basename(arg) : arg)),
      ),
      async () => {
        await mustRun('gh', args, { cwd: root });
      },
    );
  },
);
