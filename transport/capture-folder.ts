/**
 * The files of one kind of capture. Invariants: a name is a file in this folder and nothing else; a file is whole or not there; there
 * are at most so many, of so many bytes together; what others have put there is counted, and never removed.
 */

import { promises as files } from 'node:fs';
import { join } from 'node:path';

export interface FolderLimits {
  readonly filesMax: number;
  readonly bytesMax: number;
}

/** `full`: there are as many as there may be; otherwise the error's name, such as `ENOSPC`. */
export type Kept = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const plainName = /^[a-z0-9_][a-z0-9_.-]{0,127}\.json$/;
const partial = '.partial';

const code = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';

export class CaptureFolder {
  readonly #path: string;
  readonly #limits: FolderLimits;

  constructor(path: string, limits: FolderLimits) {
    this.#path = path;
    this.#limits = limits;
  }

  /** Never rejects. A file of that name is replaced. */
  async keep(name: string, text: string): Promise<Kept> {
    if (!plainName.test(name)) return { ok: false, reason: 'name' };
    const path = join(this.#path, name);
    try {
      await files.mkdir(this.#path, { recursive: true, mode: 0o700 });
      if (!(await this.#hasRoom(name, Buffer.byteLength(text)))) return { ok: false, reason: 'full' };
      try {
        await files.rm(`${path}${partial}`, { force: true });
        await files.writeFile(`${path}${partial}`, text, { mode: 0o600, flag: 'wx' });
        // Of a link that is in its place only the link is replaced.
        await files.rename(`${path}${partial}`, path);
      } catch (error) {
        await files.rm(`${path}${partial}`, { force: true });
        throw error;
      }
      return { ok: true };
    } catch (error) {
      return { ok: false, reason: code(error) };
    }
  }

  /** Looked up each time: whoever takes files away makes room. */
  async #hasRoom(name: string, bytes: number): Promise<boolean> {
    const { filesMax, bytesMax } = this.#limits;
    const names = await files.readdir(this.#path);
    if (names.length >= filesMax && !names.includes(name)) return false;
    let sum = bytes;
    for (const one of names) {
      if (one !== name) sum += (await files.lstat(join(this.#path, one)).catch(() => null))?.size ?? 0;
      if (sum > bytesMax) return false;
    }
    return true;
  }
}
