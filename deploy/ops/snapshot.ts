/** `npm run ops:snapshot`: the sources of this moment, and with an image what a rollback goes back to. */

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { imageReference, oneOf, plainWord, wholeNumber } from './arguments.ts';
import { firstOf, loadEnvironment, root } from './environment.ts';
import { given, ofProject } from './homes.ts';
import { demandDocker } from './images/docker.ts';
import { backupFolder } from './images/pointers.ts';
import { stamp, stampPattern } from './moment.ts';
import { runScript } from './script.ts';
import { takeSnapshot } from './snapshot/take.ts';

const project = 'codex-actors';

/** All that a name of a snapshot of this environment may be, the newest first. */
function snapshotsIn(folder: string, env: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const shape = new RegExp(String.raw`^${project}-.+-${env}-(${stampPattern})\.lock\.json$`, 'u');
  const timeOf = (name: string): string => shape.exec(name)?.[1] ?? '';
  return readdirSync(folder)
    .filter((name) => shape.test(name))
    .toSorted((one, other) => (timeOf(one) < timeOf(other) ? 1 : -1))
    .map((name) => name.replace(/\.lock\.json$/u, ''));
}

const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

await runScript(
  {
    command: 'npm run ops:snapshot',
    summary:
      'Packs the tracked sources (no homes, no environment files) with a lock into releases/; with an image tags and saves that, too, for `npm run ops:rollback`.',
    options: {
      env: { value: 'prod|dev', help: 'Which environment it is of.', default: 'prod', check: oneOf('prod', 'dev') },
      version: { value: 'WORD', help: 'Its version [the one of package.json].', check: plainWord },
      'docker-image': { value: 'IMAGE', help: 'The image to tag and save.', check: imageReference },
      'docker-tag-prefix': { value: 'NAME', help: 'Repository of the tag.', default: project, check: imageReference },
      'no-save': { help: 'Tag the image only.' },
      'output-dir': { value: 'FOLDER', help: 'Where to [releases in the project].' },
      'no-tarball': { help: 'The lock only.' },
      notes: { value: 'TEXT', help: 'For the lock.' },
      'release-url': { value: 'URL', help: 'For the lock.' },
      prune: { help: 'Afterwards remove all but the newest of the environment.' },
      keep: { value: 'N', help: 'How many of them stay.', default: '3', check: wholeNumber(1, 10_000) },
    },
    variables: { BACKUP_DIR: 'Where images are saved [.cache/codex-backups in the home folder].' },
    examples: ['npm run snapshot:dry-run', 'npm run ops:snapshot -- --docker-image codex-actors:local --prune'],
  },
  process.argv.slice(2),
  async ({ values }, stage) => {
    const env = loadEnvironment('.env');
    const now = new Date();
    const version = values.version ?? packageVersion();
    const outputDir = values['output-dir'] === undefined ? ofProject('releases') : given(values['output-dir']);
    const reference = values['docker-image'];
    if (reference !== undefined) demandDocker();
    await takeSnapshot(
      {
        env: values.env,
        version,
        outputDir,
        name: `${project}-${version}-${values.env}-${stamp(now)}`,
        tarball: !values['no-tarball'],
        keep: Number(values.keep),
        notes: values.notes,
        releaseUrl: values['release-url'] ?? firstOf(env, 'RELEASE_URL'),
        image:
          reference === undefined
            ? undefined
            : {
                reference,
                prefix: values['docker-tag-prefix'],
                backupDir: backupFolder(env),
                save: !values['no-save'],
              },
      },
      stage,
      now,
    );
    if (!values.prune) return;
    const keep = Number(values.keep) - (stage.dryRun ? 1 : 0);
    for (const name of snapshotsIn(outputDir, values.env).slice(keep)) {
      await stage.act(`remove ${join(outputDir, name)}`, () => {
        for (const end of ['.tar.gz', '.lock.json']) rmSync(join(outputDir, `${name}${end}`), { force: true });
      });
    }
  },
);
