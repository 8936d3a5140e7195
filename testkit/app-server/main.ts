/**
 * The fake as a program, for benchmarks, soak tests and acceptance: `app-server --strict-config` speaks on stdio,
 * `debug models --bundled` prints the catalog, `--version` the version. Invariant: what is not understood ends with a
 * message and a code other than 0. Settings come from the environment, see `settings.ts`.
 */
import process from 'node:process';
import { useStripped } from '../../transport/stripped.ts';

const loaded = useStripped();

// Loaded on demand: loading a file costs some milliseconds of every start.
async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--version')) return console.log('codex-cli 0.169.0');
  if (args[0] === 'debug' && args[1] === 'models') {
    const { bundledModels } = await import('./catalog.ts');
    return console.log(JSON.stringify({ models: bundledModels }));
  }
  if (args[0] !== 'app-server') throw new Error(`unrecognized subcommand '${args.join(' ')}'`);
  const [{ readSettings }, { serve }] = await Promise.all([import('./settings.ts'), import('./serve.ts')]);
  serve(readSettings(process.env));
}

main(process.argv.slice(2)).then(loaded, (error: unknown) => {
  console.error(`Error: ${(error as Error).message}`);
  process.exitCode = 1;
});
