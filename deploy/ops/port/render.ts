/** Renders the production stack: by compose where it is installed, otherwise by reading the file as compose would. */

import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { type Environment, firstOf, root } from '../environment.ts';
import type { Compose } from '../images/docker.ts';
import { mustRun } from '../run.ts';
import { interpolateAll } from './interpolate.ts';
import { readYaml } from './service.ts';

/** What a stack cannot be without, and what stands in for it in a check. */
const wanted = {
  PROXY_API_KEY: 'placeholder-of-a-check-0000',
  DOMAIN: 'codex.example.org',
  PROXY_CORS_ALLOWED_ORIGINS: 'https://chat.example.org',
} as const;

export const missingVariables = (env: Environment): readonly string[] =>
  Object.keys(wanted).filter((name) => firstOf(env, name) === undefined);

export const withPlaceholders = (env: Environment): Environment => ({
  ...env,
  ...Object.fromEntries(missingVariables(env).map((name) => [name, wanted[name as keyof typeof wanted]])),
});

/** For compose, which reads the environment file only where it is the usual one. */
export const ownVariables = (env: Environment): Environment =>
  Object.fromEntries(Object.keys(wanted).map((name) => [name, env[name]]));

export interface Rendered {
  readonly by: string;
  readonly text: string;
  readonly document: unknown;
}

export async function render(file: string, env: Environment, compose: Compose | undefined): Promise<Rendered> {
  if (compose === undefined) {
    const document = interpolateAll(readYaml(readFileSync(file, 'utf8'), file), env);
    return { by: 'read without compose, which is not installed', text: stringify(document), document };
  }
  const options = { cwd: root, env: ownVariables(env) };
  const text = await mustRun(compose.program, [...compose.args, '-f', file, 'config'], options);
  return {
    by: [compose.program, ...compose.args, 'config'].join(' '),
    text,
    document: readYaml(text, 'the output of compose config'),
  };
}
