/**
 * `npm run backup:restore`: a home of Codex from its archive. Invariants: what is there is moved aside, never overwritten; the
 * home changes by one rename, after the archive has been verified and unpacked whole.
 */

import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { plainWord } from './arguments.ts';
import { isEncrypted, unpack } from './backup/archive.ts';
import { backupsIn } from './backup/layout.ts';
import { verifyChecksum } from './checksum.ts';
import { firstOf, loadEnvironment } from './environment.ts';
import { given, isFile, isFolder, ofProject, prodHome } from './homes.ts';
import { stamp } from './moment.ts';
import { Failure, Refusal } from './refusal.ts';
import { runScript } from './script.ts';

/** The archive itself, or of a folder the newest; suffixes tell homes apart, and one is never taken for another. */
function archiveOf(path: string, suffix: string | undefined): string {
  if (isFile(path)) return path;
  const all = backupsIn(path);
  const found = suffix === undefined ? all : all.filter((backup) => backup.suffix === suffix);
  const [newest] = found;
  if (newest === undefined)
    throw new Refusal(
      all.length === 0
        ? `${path} is neither an archive nor a folder with backups`
        : `${path} has no backup with the suffix ${suffix}`,
    );
  const suffixes = new Set(found.map((backup) => backup.suffix ?? 'none'));
  if (suffixes.size > 1)
    throw new Refusal(
      `${path} has backups of several suffixes (${[...suffixes].toSorted().join(', ')}): say which with --suffix, or name the archive`,
    );
  return newest.path;
}

/** The one folder of the archive. A link is none: what it points to is somebody else's. */
function homeIn(folder: string): string {
  const [only, ...others] = readdirSync(folder, { withFileTypes: true });
  if (only === undefined || others.length > 0 || !only.isDirectory())
    throw new Failure('the archive does not hold exactly one folder: it is no backup of a home');
  return join(folder, only.name);
}

const isPlainFile = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;

await runScript(
  {
    command: 'npm run backup:restore',
    summary:
      'Restores a home of Codex from an archive of `npm run backup:data`, after its checksum. Stop the gateway first.',
    operands: ['ARCHIVE'],
    options: {
      suffix: { value: 'WORD', help: 'Which home, where a folder has backups of several.', check: plainWord },
      to: { value: 'HOME', help: `Where to [${prodHome} of the project].` },
      force: { help: 'Even if the home has content, which is then moved aside.' },
      'no-checksum': { help: 'Without looking at the checksum beside the archive.' },
    },
    variables: { CODEX_BACKUP_GPG_KEY: 'Passphrase of an encrypted archive.' },
    examples: [
      'npm run backup:restore -- backups --dry-run          the newest one of the folder',
      'npm run backup:restore -- backups/2026/11-30/codex-api-2026-11-30T120000Z.tar.gz --force',
    ],
  },
  process.argv.slice(2),
  async ({ values, operands: [named = ''] }, stage) => {
    const env = loadEnvironment('.env');
    stage.hide(env);
    const archive = archiveOf(given(named), values.suffix);
    const home = values.to === undefined ? ofProject(prodHome) : given(values.to);
    const passphrase = firstOf(env, 'CODEX_BACKUP_GPG_KEY');
    if (!values['no-checksum'] && !isFile(`${archive}.sha256`))
      throw new Refusal(`${archive}.sha256 is missing; --no-checksum goes on without it`);
    if (isEncrypted(archive) && passphrase === undefined)
      throw new Refusal('set CODEX_BACKUP_GPG_KEY to the passphrase of the archive');
    const occupied = isFolder(home) && readdirSync(home).length > 0;
    if (occupied && !values.force) throw new Refusal(`${home} has content; --force moves it aside`);

    if (!values['no-checksum']) await verifyChecksum(archive, `${archive}.sha256`);
    const aside = `${home}.before-${stamp(new Date())}`;
    if (occupied) stage.say(`${stage.dryRun ? 'would keep' : 'keep'} what is there as ${aside}`);
    await stage.act(`restore ${home} from ${archive}`, async () => {
      mkdirSync(dirname(home), { recursive: true });
      // Beside the home: a rename does not cross file systems.
      const beside = mkdtempSync(join(dirname(home), `.${basename(home)}-restoring-`));
      try {
        await unpack(archive, beside, passphrase);
        const restored = homeIn(beside);
        const signIn = join(restored, 'auth.json');
        if (isPlainFile(signIn)) chmodSync(signIn, 0o600);
        if (isFolder(home)) renameSync(home, aside);
        try {
          renameSync(restored, home);
        } catch (error) {
          if (isFolder(aside)) renameSync(aside, home);
          throw error;
        }
        if (!occupied) rmSync(aside, { recursive: true, force: true });
      } finally {
        rmSync(beside, { recursive: true, force: true });
      }
    });
  },
);
