/**
 * `npm run backup:data`: the home of Codex, sign-in included, as one archive. Invariant: an archive has its name only when it is
 * complete, and older ones are removed only after that.
 */

import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { plainWord, wholeNumber } from './arguments.ts';
import { pack } from './backup/archive.ts';
import { backupPath, backupsIn, isMounted, removeEmptyFolders, surplus } from './backup/layout.ts';
import { writeChecksum } from './checksum.ts';
import { firstOf, loadEnvironment } from './environment.ts';
import { given, isFolder, ofProject, prodHome } from './homes.ts';
import { Refusal } from './refusal.ts';
import { inPath } from './run.ts';
import { runScript } from './script.ts';

await runScript(
  {
    command: 'npm run backup:data',
    summary: `Packs ${prodHome} into DEST/YYYY/MM-DD/codex-api[-SUFFIX]-TIME.tar.gz, with its checksum beside it. It contains the sign-in: keep it as safe as that.`,
    options: {
      source: { value: 'HOME', help: `The home to pack [${prodHome} of the project].` },
      dest: { value: 'FOLDER', help: 'Where to [backups in the project].' },
      suffix: { value: 'WORD', help: 'Part of the name, such as prod.', check: plainWord },
      'mount-check': { help: 'Refuse unless DEST lies on a file system that is mounted.' },
      prune: { help: 'Afterwards remove all but the newest of the same suffix.' },
      keep: { value: 'N', help: 'How many of them stay.', default: '3', check: wholeNumber(1, 10_000) },
      encrypt: { help: 'With gpg (AES-256) and the passphrase in CODEX_BACKUP_GPG_KEY.' },
    },
    variables: { CODEX_BACKUP_GPG_KEY: 'Passphrase of --encrypt.' },
    examples: [
      'npm run backup:data -- --prune --keep 7',
      'npm run backup:data -- --dest /mnt/backups --mount-check --encrypt --suffix prod',
    ],
  },
  process.argv.slice(2),
  async ({ values }, stage) => {
    const env = loadEnvironment('.env');
    stage.hide(env);
    const source = values.source === undefined ? ofProject(prodHome) : given(values.source);
    const dest = values.dest === undefined ? ofProject('backups') : given(values.dest);
    const passphrase = values.encrypt ? firstOf(env, 'CODEX_BACKUP_GPG_KEY') : undefined;
    if (!isFolder(source)) throw new Refusal(`${source} is not a folder; --source names another one`);
    if (values['mount-check'] && !isMounted(dest)) throw new Refusal(`nothing is mounted at ${dest}`);
    if (values.encrypt && passphrase === undefined) throw new Refusal('set CODEX_BACKUP_GPG_KEY to the passphrase');
    if (values.encrypt && !inPath('gpg')) throw new Refusal('gpg is not installed, or not in PATH');

    const archive = backupPath(dest, values.suffix, new Date(), values.encrypt);
    await stage.act(`pack ${source} into ${archive}`, async () => {
      mkdirSync(dirname(archive), { recursive: true, mode: 0o700 });
      const partial = `${archive}.partial`;
      try {
        // Before there is anything in it that others could read.
        writeFileSync(partial, '', { mode: 0o600, flag: 'wx' });
        await pack(source, partial, passphrase);
        chmodSync(partial, 0o600);
        renameSync(partial, archive);
      } finally {
        rmSync(partial, { force: true });
      }
    });
    await stage.act(`write ${archive}.sha256`, async () => {
      await writeChecksum(archive);
    });
    if (!values.prune) return;
    // What a dry run has not written counts all the same.
    const keep = Number(values.keep) - (stage.dryRun ? 1 : 0);
    for (const backup of surplus(backupsIn(dest), values.suffix, keep)) {
      await stage.act(`remove ${backup.path}`, () => {
        rmSync(backup.path);
        rmSync(`${backup.path}.sha256`, { force: true });
        removeEmptyFolders(backup);
      });
    }
  },
);
