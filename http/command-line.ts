/**
 * What the arguments and the environment of the program ask for. Invariant: what is not understood ends the process before anything
 * was begun, with 1 and all that is wrong.
 */

import { type Config, maskedConfig, readConfig } from './config.ts';
import { helpText } from './config-help.ts';
import type { Place } from './config-value.ts';

const exitCannotStart = 1;

export const fail = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(exitCannotStart);
};

/** `told`: somebody else has told of what it warns of. */
const configure = (place: Place, told: boolean): Config => {
  const result = readConfig(process.env, place);
  for (const warning of told ? [] : result.warnings) process.stderr.write(`warning: ${warning}\n`);
  if (result.ok) return result.config;
  return fail(result.problems.map(({ code, message }) => `${code}: ${message}`).join('\n'));
};

/** To serve with; null: it was asked for something else, which is done. `node`: it was started by the parent of several. */
export const readCommand = (args: readonly string[], place: Place, node: boolean): Config | null => {
  const unknown = args.find((arg) => arg !== '--help' && arg !== '-h' && arg !== '--check-config');
  if (unknown !== undefined) fail(`unknown argument ${JSON.stringify(unknown)}; --help shows what there is`);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpText());
    return null;
  }
  const config = configure(place, node);
  if (!args.includes('--check-config')) return config;
  process.stdout.write(`${JSON.stringify(maskedConfig(config), null, 2)}\n`);
  if (config.nodeCount > 1) {
    const workers = config.nodeCount * config.workerCount;
    process.stdout.write(`${config.nodeCount} nodes on one port, with ${workers} workers all together.\n`);
  }
  process.stdout.write('The configuration is valid.\n');
  return null;
};
