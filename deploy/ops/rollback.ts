/**
 * `npm run ops:rollback`: the image of a snapshot becomes the one that runs. Invariants: the image is found, and docker has it, for
 * every stack before the first one is touched; nothing is built.
 */

import process from 'node:process';
import { imageReference, oneOf } from './arguments.ts';
import { type Environment, firstOf, loadEnvironment, root } from './environment.ts';
import { given, isFile, ofProject } from './homes.ts';
import {
  type Compose,
  composeProgram,
  demandDocker,
  imageId,
  runningServices,
  type StackName,
  tagImage,
  usualImage,
} from './images/docker.ts';
import { backupFolder, readPointers } from './images/pointers.ts';
import { Failure, Refusal } from './refusal.ts';
import { commandLine, mustRun } from './run.ts';
import { runScript, type Stage } from './script.ts';
import { lockedImage } from './snapshot/lock.ts';

interface StackFacts {
  readonly name: StackName;
  readonly env: Environment;
  readonly compose: readonly string[];
  readonly services: readonly string[];
}

function stackFacts(name: StackName): StackFacts {
  const envFile = name === 'prod' ? '.env' : '.env.dev';
  const env = loadEnvironment(envFile);
  const chosen = firstOf(env, name === 'prod' ? 'PROD_COMPOSE' : 'DEV_COMPOSE');
  const usual = name === 'prod' ? 'docker-compose.yml' : 'deploy/compose/dev.stack.yml';
  const file = chosen === undefined ? ofProject(usual) : given(chosen);
  if (!isFile(file))
    throw new Refusal(`${file} is missing; ${name === 'prod' ? 'PROD_COMPOSE' : 'DEV_COMPOSE'} names another one`);
  const dev =
    name === 'dev'
      ? ['-p', 'codex-dev', ...(isFile(ofProject(envFile)) ? ['--env-file', ofProject(envFile)] : [])]
      : [];
  const services = name === 'prod' ? ['app', 'auth'] : ['app-dev', 'auth-dev'];
  return { name, env, compose: [...dev, '-f', file], services };
}

interface Goal {
  readonly stack: StackFacts;
  /** What docker finds it by, in this order. */
  readonly references: readonly string[];
  readonly tar: string | undefined;
  /** What the compose file calls it. */
  readonly tag: string;
}

function goalOf(stack: StackFacts, lock: string | undefined, id: string | undefined, tag: string | undefined): Goal {
  const pointers = readPointers(backupFolder(stack.env), stack.name);
  const found =
    id !== undefined ? { id, tag: undefined } : lock === undefined ? pointers : lockedImage(lock, stack.name);
  const references = [found.id, found.tag].filter((each) => each !== undefined);
  const wrong = references.map(imageReference).find((problem) => problem !== null);
  if (wrong !== undefined) throw new Refusal(`${stack.name}: ${wrong}`);
  if (references.length === 0)
    throw new Refusal(
      `${stack.name}: nothing to go back to in ${backupFolder(stack.env)}; take snapshots with --docker-image, or name an image with --image-id`,
    );
  return { stack, references, tar: pointers.tar, tag: tag ?? firstOf(stack.env, 'IMAGE') ?? usualImage[stack.name] };
}

/** The image's own id; loaded from the saved copy where docker does not have it. */
async function present({ references, tar, stack: { name } }: Goal, stage: Stage): Promise<string | undefined> {
  const search = async (): Promise<string | undefined> => {
    for (const reference of references) {
      const found = await imageId(reference);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const at = await search();
  if (at !== undefined) return at;
  if (tar === undefined || !isFile(tar))
    throw new Refusal(`${name}: docker does not have ${references[0]}, and there is no saved copy of it`);
  await stage.act(`load ${tar}`, async () => void (await mustRun('docker', ['load', '-i', tar])));
  if (stage.dryRun) return undefined;
  const loaded = await search();
  if (loaded === undefined) throw new Failure(`${name}: ${tar} does not contain ${references[0]}`);
  return loaded;
}

async function redeploy({ stack, tag }: Goal, compose: Compose, stage: Stage): Promise<void> {
  const running = await runningServices(compose, stack.compose, root);
  const services = running.length > 0 ? running : stack.services;
  const args = [...compose.args, ...stack.compose, 'up', '-d', '--no-build', ...services];
  await stage.act(`${commandLine(compose.program, args)} (IMAGE=${tag})`, async () => {
    await mustRun(compose.program, args, { cwd: root, env: { IMAGE: tag }, shown: true });
  });
}

await runScript(
  {
    command: 'npm run ops:rollback',
    summary:
      'Gives the name that the compose file uses to the image of a snapshot, and starts the services again from it. Nothing is built.',
    options: {
      env: { value: 'prod|dev|both', help: 'Which stacks.', default: 'both', check: oneOf('prod', 'dev', 'both') },
      'from-lock': { value: 'FILE', help: 'The lock of a snapshot.' },
      'image-id': { value: 'IMAGE', help: 'This image: an id or a name.', check: imageReference },
      tag: {
        value: 'NAME',
        help: 'Name to give it [IMAGE, codex-actors:local; dev: codex-actors:dev].',
        check: imageReference,
      },
    },
    variables: {
      BACKUP_DIR: 'Where the newest snapshot is noted [.cache/codex-backups in the home folder].',
      'PROD_COMPOSE, DEV_COMPOSE': 'Compose files [docker-compose.yml, deploy/compose/dev.stack.yml].',
      IMAGE: 'Name of the image in the compose file.',
    },
    examples: ['npm run ops:rollback:prod -- --dry-run', 'npm run ops:rollback:dev -- --image-id sha256:0123…'],
  },
  process.argv.slice(2),
  async ({ values }, stage) => {
    const { 'from-lock': lockFile, 'image-id': id, tag } = values;
    if (lockFile !== undefined && id !== undefined) throw new Refusal('--from-lock and --image-id exclude each other');
    const lock = lockFile === undefined ? undefined : given(lockFile);
    if (lock !== undefined && !isFile(lock)) throw new Refusal(`${lock} is missing`);
    const names: readonly StackName[] =
      values.env === 'both' ? ['prod', 'dev'] : [values.env === 'dev' ? 'dev' : 'prod'];
    if (tag !== undefined && names.length > 1)
      throw new Refusal('--tag needs --env prod or --env dev: two stacks do not share a name');
    demandDocker();
    const compose = await composeProgram();
    if (compose === undefined) throw new Refusal('docker compose is not installed');
    const goals = names.map((name) => goalOf(stackFacts(name), lock, id, tag));
    const ready: { readonly goal: Goal; readonly image: string }[] = [];
    for (const goal of goals) {
      stage.hide(goal.stack.env);
      ready.push({ goal, image: (await present(goal, stage)) ?? goal.references[0] ?? '' });
    }
    for (const { goal, image } of ready) {
      await stage.act(`tag ${image} as ${goal.tag}`, async () => void (await tagImage(image, goal.tag)));
      await redeploy(goal, compose, stage);
    }
  },
);
