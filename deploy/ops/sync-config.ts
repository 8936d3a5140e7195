/** `npm run port:sync-config`: the configuration of the dev home becomes that of production, without any credentials. */

import process from 'node:process';
import { firstOf, loadEnvironment } from './environment.ts';
import { devHome, given, ofProject, prodHome } from './homes.ts';
import { runScript } from './script.ts';
import { syncFiles } from './sync-files.ts';

await runScript(
  {
    command: 'npm run port:sync-config',
    summary: `Copies config.toml and AGENTS.example.md, and nothing else, from ${devHome} to ${prodHome}. auth.json stays where it is.`,
    options: {
      from: { value: 'HOME', help: 'Where they come from; beats SOURCE_HOME.' },
      to: { value: 'HOME', help: 'Where they go to; beats DEST_HOME.' },
      force: { help: 'Replace files that differ; the former ones are kept with a time in their names.' },
    },
    variables: { SOURCE_HOME: `Where they come from [${devHome}].`, DEST_HOME: `Where they go to [${prodHome}].` },
    examples: [
      'npm run port:sync-config -- --dry-run',
      'DEST_HOME=/srv/codex/.codex-api npm run port:sync-config -- --force',
    ],
  },
  process.argv.slice(2),
  async ({ values }, stage) => {
    const env = loadEnvironment('.env');
    const home = (typed: string | undefined, name: string, usual: string): string => {
      const chosen = typed ?? firstOf(env, name);
      return chosen === undefined ? ofProject(usual) : given(chosen);
    };
    const from = home(values.from, 'SOURCE_HOME', devHome);
    const to = home(values.to, 'DEST_HOME', prodHome);
    await syncFiles({ from, to, force: values.force }, stage, new Date());
  },
);
