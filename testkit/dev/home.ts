/**
 * The home of development. Missing files are seeded from `deploy/codex-home/`, none is ever replaced; and when the gateway has
 * ended, the `config.toml` that it put aside for its own goes back to its place, so that the tracked file stays as it was.
 */

import { copyFileSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { generatedMark } from '../../transport/config-toml.ts';

const templates = join(import.meta.dirname, '../../deploy/codex-home');

/** Says which files were missing. */
export function seedHome(home: string): readonly string[] {
  mkdirSync(home, { recursive: true });
  return readdirSync(templates).filter((name) => {
    const target = join(home, name);
    // What was put aside is the operator's own: a seed in its place would be taken for a newer one.
    if (existsSync(target) || (name === 'config.toml' && existsSync(join(home, 'config.operator.toml')))) return false;
    copyFileSync(join(templates, name), target, constants.COPYFILE_EXCL);
    return true;
  });
}

/** Also where the last end was not an orderly one. */
export function restoreConfig(home: string): void {
  const [config, aside] = ['config.toml', 'config.operator.toml'].map((name) => join(home, name)) as [string, string];
  if (!existsSync(aside)) return;
  if (existsSync(config) && !readFileSync(config, 'utf8').startsWith(generatedMark)) return;
  renameSync(aside, config);
}
