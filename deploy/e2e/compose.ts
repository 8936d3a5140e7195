/**
 * Compose for the tests of `deploy/e2e/`: a project in a folder of its own, with the files and the empty homes of this one, so that
 * nothing here is written to. Invariant: what a test brings up goes down with it, volumes and networks included.
 */

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { docker, quickImage, tryDocker } from './docker.ts';
import { type Ran, tryRun } from './run.ts';

const root = join(import.meta.dirname, '../..');
const { DEPLOY_DOCKER: client = 'docker' } = process.env;

/** The step of docs/deployment.md that gives the container what it writes to. */
const [ownership] = /^mkdir -p \.data.*$/m.exec(readFileSync(join(root, 'docs/deployment.md'), 'utf8')) ?? ['false'];

export type Settings = Readonly<Record<string, string>>;

/** As JSON of `docker compose config`, as far as tests look into it. */
export interface Service {
  readonly image: string;
  readonly environment: Readonly<Record<string, string | null>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports?: readonly { host_ip: string; published: string; target: number }[];
  readonly volumes: readonly { type: string; source: string; target: string; read_only?: boolean }[];
  readonly restart: string;
  readonly stop_grace_period: string;
  readonly networks?: Readonly<Record<string, unknown>>;
  readonly network_mode?: string;
  readonly init: boolean;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
}

export class Project {
  readonly folder: string;
  readonly #args: readonly string[];
  #env: Settings;

  /** `change`: another text of the file, with other ports for example. */
  constructor(file: string, env: Settings, change: (text: string) => string = (text) => text) {
    this.folder = mkdtempSync(join(tmpdir(), 'codex-actors-compose-'));
    this.#env = env;
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, change(readFileSync(join(root, file), 'utf8')));
    // As in a clone by root; the container's user gets the folders by what docs/deployment.md has operators type.
    for (const name of ['.codex-api', '.codex-responses-api', '.codev', 'test-results'])
      mkdirSync(join(this.folder, name));
    for (const name of ['.codev', 'test-results']) chmodSync(join(this.folder, name), 0o777);
    execFileSync('sh', ['-euc', ownership], { cwd: this.folder });
    cpSync(join(root, '.codev/config.toml'), join(this.folder, '.codev/config.toml'));
    this.#args = ['-f', path];
  }

  set(env: Settings): void {
    this.#env = { ...this.#env, ...env };
  }

  try(...args: string[]): Promise<Ran> {
    const name = this.folder.replace(/^.*-/, '').toLowerCase();
    const { PATH = '', HOME = '', DOCKER_HOST = '', DOCKER_CONFIG = '' } = process.env;
    // Nothing else of the environment: a variable that happens to be set here must not decide a test.
    const env = { PATH, HOME, DOCKER_HOST, DOCKER_CONFIG, IMAGE: quickImage, ...this.#env };
    return tryRun(client, ['compose', '-p', `deploy${name}`, ...this.#args, ...args], { cwd: this.folder, env });
  }

  async run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.try(...args);
    if (code !== 0) throw new Error(`compose ${args.join(' ')}: exit ${code}\n${`${stdout}${stderr}`.slice(-4_000)}`);
    return stdout;
  }

  async services(): Promise<Readonly<Record<string, Service>>> {
    const config = JSON.parse(await this.run('config', '--format', 'json')) as { services: Record<string, Service> };
    return config.services;
  }

  /** Resolves when all of them are healthy. */
  async up(...services: string[]): Promise<void> {
    onTestFinished(async () => void (await this.try('down', '--volumes', '--timeout', '1')));
    const { code, stdout, stderr } = await this.try('up', '--detach', '--no-build', '--wait', ...services);
    if (code === 0) return;
    const logs = await this.try('logs', '--tail', '40');
    throw new Error(`compose up: exit ${code}\n${`${stdout}${stderr}${logs.stdout}`.slice(-6_000)}`);
  }
}

/** Made, and removed again, like by an operator. */
export async function makeNetwork(name: string): Promise<void> {
  await docker('network', 'create', name);
  onTestFinished(async () => void (await tryDocker('network', 'rm', name)));
}
