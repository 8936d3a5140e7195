/** Nodes of a gateway whose workers cannot start, as a test says: a folder with the number of each of them. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeOf } from '../../transport/node-process.ts';

/** Workers inherit what begins like this. */
export const folderVariable = 'FAKE_CODEX_LAME_NODES';

/** Which node a process is, by its arguments; null: none. */
const nodeOfProcess = (pid: number): number | null => {
  const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return args.map(nodeOf).find((node) => node !== null) ?? null;
};

export const isLame = (folder: string, parent: number): boolean =>
  existsSync(join(folder, String(nodeOfProcess(parent))));

export class LameNodes {
  readonly #folder = mkdtempSync(join(tmpdir(), 'codex-actors-lame-'));

  get environment(): Readonly<Record<string, string>> {
    return { CODEX_BIN: join(import.meta.dirname, 'main.ts'), [folderVariable]: this.#folder };
  }

  /** From now on none of its workers starts; those that run go on. */
  lame(node: number): void {
    writeFileSync(join(this.#folder, String(node)), '');
  }

  heal(node: number): void {
    rmSync(join(this.#folder, String(node)));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
