/**
 * What a snapshot of the sources holds. Invariant: only files that git tracks, and of those none that is a home of Codex, an
 * environment file, a result or somebody's data, even where one was added by mistake.
 */

import { mustRun } from '../run.ts';

/** In a home only these: what keeps the folder there and says what it is for. */
const homeFiles = /(?:^|\/)\.(?:codev|codex-api|codex-responses-api|codex)\/(?!README\.md$|\.gitkeep$)/u;

const left: readonly RegExp[] = [
  homeFiles,
  /(?:^|\/)\.git(?:\/|$)/u,
  /(?:^|\/)(?:node_modules|test-results|coverage|releases|backups|\.data)(?:\/|$)/u,
  /(?:^|\/)\.env(?:\.(?!(?:[\w-]+\.)?example$)[^/]*)?$/u,
  /(?:^|\/)auth\.json$/u,
  /\.(?:log|pem|key|p12|tar\.gz|gpg)$/u,
];

export const belongs = (path: string): boolean => !left.some((pattern) => pattern.test(path));

export interface Revision {
  readonly sha: string;
  /** Nothing has been changed since. */
  readonly clean: boolean;
  readonly committedSeconds: number;
}

const git = (root: string, ...args: readonly string[]): Promise<string> => mustRun('git', args, { cwd: root });

export async function revisionOf(root: string): Promise<Revision> {
  const [sha, seconds, status] = await Promise.all([
    git(root, 'rev-parse', 'HEAD'),
    git(root, 'log', '-1', '--format=%ct'),
    git(root, 'status', '--porcelain', '--untracked-files=no'),
  ]);
  return { sha: sha.trim(), clean: status.trim() === '', committedSeconds: Number(seconds.trim()) };
}

/** Tracked, there, and fit to be passed on; sorted. */
export async function filesOf(root: string): Promise<readonly string[]> {
  const [tracked, deleted] = await Promise.all([git(root, 'ls-files', '-z'), git(root, 'ls-files', '-z', '--deleted')]);
  const gone = new Set(deleted.split('\0'));
  return tracked
    .split('\0')
    .filter((path) => path !== '' && !gone.has(path) && belongs(path))
    .toSorted();
}
