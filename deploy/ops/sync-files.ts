/**
 * Copies the seed files of one home of Codex to another. Invariants: nothing but those files is ever copied; a file that
 * differs is kept unless it is forced, and then its former content lies beside it.
 */

import { chmodSync, copyFileSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { isFile, isFolder, seedFiles } from './homes.ts';
import { stamp } from './moment.ts';
import { Refusal } from './refusal.ts';
import type { Stage } from './script.ts';

export interface Sync {
  readonly from: string;
  readonly to: string;
  readonly force: boolean;
}

const same = (one: string, other: string): boolean => readFileSync(one).equals(readFileSync(other));

/** Everybody who runs a worker reads it; only its owner writes it. */
const mode = 0o644;

/** How many files differ and were kept. */
export async function syncFiles({ from, to, force }: Sync, stage: Stage, now: Date): Promise<number> {
  if (!isFolder(from)) throw new Refusal(`${from} is not a folder`);
  if (from === to) throw new Refusal(`${from} would be copied onto itself`);
  let kept = 0;
  for (const name of seedFiles) {
    const source = join(from, name);
    const target = join(to, name);
    if (!isFile(source)) {
      stage.say(`no ${source}, left out`);
      continue;
    }
    if (isFile(target)) {
      if (same(source, target)) {
        stage.say(`${target} is up to date`);
        continue;
      }
      if (!force) {
        kept += 1;
        stage.say(`${target} differs and is kept (--force replaces it)`);
        continue;
      }
      const former = `${target}.bak.${stamp(now)}`;
      await stage.act(`keep ${target} as ${former}`, () => copyFileSync(target, former));
    }
    await stage.act(`copy ${source} to ${target}`, () => {
      mkdirSync(to, { recursive: true, mode: 0o700 });
      const whole = `${target}.new`;
      copyFileSync(source, whole);
      chmodSync(whole, mode);
      renameSync(whole, target);
    });
  }
  return kept;
}
