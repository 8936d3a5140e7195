/** The lock of a snapshot: what it is of, and what a rollback needs to find its image again. */

import { readFileSync } from 'node:fs';
import { messageOf, Refusal } from '../refusal.ts';

export interface Lock {
  readonly version: string;
  readonly env: string;
  readonly git_sha: string;
  readonly created_at: string;
  /** Beside the lock; null with `--no-tarball`. */
  readonly tarball: string | null;
  readonly tarball_sha256: string | null;
  readonly docker_tag: string | null;
  /** Of the image that the tag was given to. */
  readonly image_id: string | null;
  readonly release_url: string | null;
  readonly keep: number;
  readonly notes: string;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

export interface LockedImage {
  readonly id: string | undefined;
  readonly tag: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** The image that a lock has for an environment; locks with a list of images, as the predecessor wrote them, are read, too. */
export function lockedImage(path: string, env: string): LockedImage {
  let lock: unknown;
  try {
    lock = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Refusal(`cannot read the lock ${path}: ${messageOf(error)}`);
  }
  const images = isFields(lock) && Array.isArray(lock['images']) ? (lock['images'] as readonly unknown[]) : [lock];
  const found = images.filter(isFields).find((entry) => entry['env'] === undefined || entry['env'] === env);
  if (found === undefined) throw new Refusal(`${path} is no lock of ${env}`);
  const image = { id: text(found['image_id']), tag: text(found['docker_tag']) ?? text(found['archival_tag']) };
  if (image.id === undefined && image.tag === undefined)
    throw new Refusal(`${path} names no image: it is the lock of a snapshot without --docker-image`);
  return image;
}
