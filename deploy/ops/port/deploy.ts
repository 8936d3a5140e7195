/**
 * Deploys the production stack. Invariant: what runs now is noted for `npm run ops:rollback:prod`, under a name of its own that
 * keeps docker from cleaning it up, before anything is started.
 */

import { type Environment, firstOf, root } from '../environment.ts';
import { type Compose, imageId, runningServices, tagImage } from '../images/docker.ts';
import { backupFolder, readPointers, writePointers } from '../images/pointers.ts';
import { stamp } from '../moment.ts';
import { commandLine, mustRun, run } from '../run.ts';
import type { Stage } from '../script.ts';
import { ownVariables } from './render.ts';

const usualServices = ['app', 'auth'];

async function noteRunning(compose: Compose, file: string, env: Environment, stage: Stage, now: Date): Promise<void> {
  const container = (
    await run(compose.program, [...compose.args, '-f', file, 'ps', '-q', 'app'], { cwd: root })
  ).stdout.trim();
  if (container === '') return;
  const { stdout } = await run('docker', ['inspect', '--format', '{{.Image}}', container.split('\n')[0] ?? '']);
  const id = await imageId(stdout.trim());
  const folder = backupFolder(env);
  if (id === undefined || readPointers(folder, 'prod').id === id) return;
  const tag = `codex-actors:before-${stamp(now)}`;
  await stage.act(`note what runs (${id}) as ${tag}, for a rollback`, async () => {
    await tagImage(id, tag);
    writePointers(folder, 'prod', { id, tag, tar: undefined });
  });
}

/** Resolves with what was written meanwhile. */
export async function deploy(
  compose: Compose,
  file: string,
  env: Environment,
  stage: Stage,
  now: Date,
): Promise<string> {
  await noteRunning(compose, file, env, stage, now);
  const running = await runningServices(compose, ['-f', file], root);
  const services = running.length > 0 ? running : usualServices;
  const image = firstOf(env, 'IMAGE');
  // What was checked is what is started, wherever it came from: an option beats the file that compose reads by itself.
  const own = { ...ownVariables(env), ...(image === undefined ? {} : { IMAGE: image }) };
  const steps = [
    image === undefined ? ['build', 'app'] : ['pull', ...services],
    ['up', '-d', '--no-build', ...services],
  ];
  let log = '';
  for (const step of steps) {
    const args = [...compose.args, '-f', file, ...step];
    const line = commandLine(compose.program, args);
    await stage.act(line, async () => {
      const told = (text: string): void => {
        log += text;
      };
      log += `$ ${line}\n`;
      await mustRun(compose.program, args, { cwd: root, told, env: own });
    });
  }
  return log;
}
