/**
 * A golden as text: `node testkit/conformance/print.ts <scenario>`, or the path of a file, so that it also serves as
 * `git -c diff.golden.textconv='node testkit/conformance/print.ts' diff` with `*.msgpack diff=golden`.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unpackTranscript } from '../../transport/transcript.ts';
import { goldenPath } from './golden.ts';

/** A line a frame: `in` to the CLI, `out` from it. */
export const printed = (bytes: Uint8Array): string => {
  const frames = unpackTranscript(bytes);
  if (frames === null) throw new Error('not a transcript');
  return frames.map(([, direction, line]) => `${direction.padEnd(3)} ${line}\n`).join('');
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name] = process.argv.slice(2);
  if (name === undefined) throw new Error('which golden?');
  process.stdout.write(printed(readFileSync(/^[\w-]+$/u.test(name) ? goldenPath(name) : name)));
}
