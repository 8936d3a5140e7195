/** What the scripts ask of docker and compose. Invariant: a question changes nothing, so that a dry run may ask, too. */

import { Refusal } from '../refusal.ts';
import { inPath, mustRun, run } from '../run.ts';

/** The names that the compose files use when IMAGE is not set. */
export const usualImage = { prod: 'codex-actors:local', dev: 'codex-actors:dev' } as const;
export type StackName = keyof typeof usualImage;

export const demandDocker = (): void => {
  if (!inPath('docker')) throw new Refusal('docker is not installed, or not in PATH');
};

/** Undefined when docker has no such image. */
export async function imageId(reference: string): Promise<string | undefined> {
  const { code, stdout } = await run('docker', ['image', 'inspect', '--format', '{{.Id}}', reference]);
  return code === 0 ? stdout.trim() || undefined : undefined;
}

export interface Compose {
  readonly program: string;
  readonly args: readonly string[];
}

/** `docker compose`, or the older `docker-compose`; undefined when neither is there. */
export async function composeProgram(): Promise<Compose | undefined> {
  if (inPath('docker') && (await run('docker', ['compose', 'version'])).code === 0)
    return { program: 'docker', args: ['compose'] };
  if (inPath('docker-compose')) return { program: 'docker-compose', args: [] };
  return undefined;
}

/** The services of a file that run, of these. */
export async function runningServices(
  compose: Compose,
  args: readonly string[],
  cwd: string,
): Promise<readonly string[]> {
  const { code, stdout } = await run(
    compose.program,
    [...compose.args, ...args, 'ps', '--services', '--filter', 'status=running'],
    { cwd },
  );
  return code === 0 ? stdout.split('\n').filter((line) => line !== '') : [];
}

export const tagImage = (from: string, to: string): Promise<string> => mustRun('docker', ['tag', from, to]);
