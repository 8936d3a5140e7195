/**
 * Takes a snapshot: the archive of the sources, its lock, and with an image a tag and a copy of it. Invariants: the archive is the
 * same for the same commit; a lock is written last, so that one that is there is complete.
 */

import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from '../environment.ts';
import { imageId, tagImage } from '../images/docker.ts';
import { writePointers } from '../images/pointers.ts';
import { sha256Of } from '../checksum.ts';
import { stamp } from '../moment.ts';
import { Failure, Refusal } from '../refusal.ts';
import { mustRun } from '../run.ts';
import type { Stage } from '../script.ts';
import { filesOf, revisionOf } from './contents.ts';
import type { Lock } from './lock.ts';

export interface Snapshot {
  readonly env: string;
  readonly version: string;
  readonly outputDir: string;
  /** Without ending: the archive's and the lock's name. */
  readonly name: string;
  readonly tarball: boolean;
  readonly keep: number;
  readonly notes: string | undefined;
  readonly releaseUrl: string | undefined;
  /** The image to tag, the name to tag it with, and where its copy goes. */
  readonly image:
    | { readonly reference: string; readonly prefix: string; readonly backupDir: string; readonly save: boolean }
    | undefined;
}

export interface Taken {
  readonly lock: Lock;
  readonly lockFile: string;
  readonly archive: string | undefined;
}

async function packSources(archive: string, name: string, committedSeconds: number): Promise<void> {
  const files = await filesOf(root);
  if (files.length === 0) throw new Failure('git tracks no files here');
  const partial = `${archive}.partial`;
  const steady = [
    '--sort=name',
    `--mtime=@${committedSeconds}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u+rw,go+r,go-w',
  ];
  const list = ['--null', '--no-recursion', '--verbatim-files-from', '--files-from=-'];
  try {
    await mustRun('tar', [...steady, `--transform=s,^,${name}/,`, '-czf', partial, '-C', root, ...list], {
      input: files.map((file) => `${file}\0`).join(''),
    });
    chmodSync(partial, 0o644);
    renameSync(partial, archive);
  } finally {
    rmSync(partial, { force: true });
  }
}

export async function takeSnapshot(snapshot: Snapshot, stage: Stage, now: Date): Promise<Taken> {
  const { env, version, outputDir, name, keep, image } = snapshot;
  const { sha, clean, committedSeconds } = await revisionOf(root);
  const id = image === undefined ? undefined : await imageId(image.reference);
  if (image !== undefined && id === undefined) throw new Refusal(`docker has no image ${image.reference}`);
  const archive = snapshot.tarball ? join(outputDir, `${name}.tar.gz`) : undefined;
  const lockFile = join(outputDir, `${name}.lock.json`);
  const tag = image === undefined ? undefined : `${image.prefix}:${env}-${stamp(now)}`;

  let sum: string | null = null;
  if (archive !== undefined) {
    await stage.act(`pack the ${(await filesOf(root)).length} tracked files into ${archive}`, async () => {
      mkdirSync(outputDir, { recursive: true });
      await packSources(archive, name, committedSeconds);
      sum = await sha256Of(archive);
    });
  }
  if (image !== undefined && tag !== undefined && id !== undefined) {
    const tar = image.save
      ? join(image.backupDir, `${image.prefix.replaceAll('/', '-')}-${env}-${stamp(now)}.tar`)
      : undefined;
    await stage.act(`tag ${image.reference} (${id}) as ${tag}`, async () => void (await tagImage(id, tag)));
    if (tar !== undefined) {
      await stage.act(`save ${tag} to ${tar}`, async () => {
        mkdirSync(image.backupDir, { recursive: true, mode: 0o700 });
        await mustRun('docker', ['save', '-o', tar, tag]);
      });
    }
    await stage.act(`point the rollback of ${env} to ${tag}`, () =>
      writePointers(image.backupDir, env, { id, tag, tar }),
    );
  }
  const lock: Lock = {
    version,
    env,
    git_sha: sha,
    created_at: now.toISOString(),
    tarball: archive === undefined ? null : basename(archive),
    tarball_sha256: sum,
    docker_tag: tag ?? null,
    image_id: id ?? null,
    release_url: snapshot.releaseUrl ?? null,
    keep,
    notes: [snapshot.notes, clean ? undefined : 'with changes that are not committed']
      .filter((note) => note !== undefined)
      .join('; '),
  };
  await stage.act(`write ${lockFile}`, () => {
    mkdirSync(outputDir, { recursive: true });
    writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
  });
  return { lock, lockFile, archive };
}
