/**
 * Docker for the tests of `deploy/e2e/`: the daemon and the image that `main.ts` has made. Invariant: a container that a test
 * starts ends with the test.
 */

import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type Ran, run, tryRun } from './run.ts';

const { DEPLOY_DOCKER: client = 'docker' } = process.env;

/** The product's image. */
export const image = process.env['DEPLOY_IMAGE'] ?? 'codex-actors:deploy';

/** The same, asked for its health more often than is good for a machine that has something else to do. */
export const quickImage = `${image}-quick`;

/** What it prints; rejects when it fails. */
export const docker = (...args: string[]): Promise<string> => run(client, args);
export const tryDocker = (...args: string[]): Promise<Ran> => tryRun(client, args);

export interface Container {
  readonly id: string;
  /** Of this container on the bridge. */
  readonly address: string;
  /** Of the machine, as the container sees it. */
  readonly host: string;
  logs(): Promise<string>;
  health(): Promise<string>;
  /** Resolves when it is healthy; rejects, with its logs, when it is not in time or has ended. */
  healthy(withinMs?: number): Promise<void>;
  /** What it prints. */
  exec(...command: string[]): Promise<string>;
  /** SIGTERM, then its exit code. */
  stop(withinSeconds?: number): Promise<number>;
}

const inspect = async (id: string, format: string): Promise<string> =>
  (await docker('inspect', '--format', format, id)).trim();

export async function startContainer(
  options: readonly string[],
  command: readonly string[] = [],
  name = image,
): Promise<Container> {
  const id = (await docker('run', '-d', ...options, name, ...command)).trim();
  onTestFinished(async () => void (await tryDocker('rm', '-f', '-v', id)));
  const logs = async (): Promise<string> => {
    const { stdout, stderr } = await tryDocker('logs', '--tail', '60', id);
    return `${stdout}${stderr}`;
  };
  const health = (): Promise<string> => inspect(id, '{{if .State.Health}}{{.State.Health.Status}}{{end}}');
  return {
    id,
    address: await inspect(id, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'),
    host: await inspect(id, '{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}'),
    logs,
    health,
    healthy: async (withinMs = 60_000) => {
      for (const started = Date.now(); (await health()) !== 'healthy'; await wait(100)) {
        const running = (await inspect(id, '{{.State.Running}}')) === 'true';
        if (!running || Date.now() - started > withinMs)
          throw new Error(`the container ${running ? 'is not healthy in time' : 'has ended'}\n${await logs()}`);
      }
    },
    exec: (...args) => docker('exec', id, ...args),
    stop: async (withinSeconds = 30) => {
      await docker('stop', '-t', String(withinSeconds), id);
      return Number(await inspect(id, '{{.State.ExitCode}}'));
    },
  };
}
