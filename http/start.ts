/** Which of the programs behind one entry this is: the gateway, one node of a host, the parent of its nodes, or a look at the configuration. */

import { availableParallelism, tmpdir } from 'node:os';
import process from 'node:process';
import { HomeError } from '../transport/home.ts';
import { nodeOf } from '../transport/node-process.ts';
import { fail, readCommand } from './command-line.ts';

export const start = async (): Promise<void> => {
  // EPIPE: whoever read along is gone, and the clients of the server are not.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const [first = '', ...others] = process.argv.slice(2);
  const node = nodeOf(first);
  const args = node === null && first !== '' ? [first, ...others] : others;
  const place = { cwd: process.cwd(), tmpdir: tmpdir(), cores: availableParallelism() };
  const config = readCommand(args, place, node !== null);
  if (config === null) return;
  try {
    if (node === null && config.nodeCount > 1) await (await import('./host-main.ts')).serveHost(config);
    else await (await import('./composition.ts')).serve(config, node);
  } catch (error) {
    fail(
      error instanceof HomeError
        ? error.message
        : `cannot start: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};
