/**
 * `npm run transcripts`: whether clients still get what the tracked transcripts say, for chat and for responses.
 *
 *   npm run transcripts                     compares; fails on a difference, and on a transcript that is missing
 *   npm run transcripts -- --write          renews them, by hand, for review; never in CI
 *   npm run transcripts -- text error       these scenes only; --folder F compares with other files
 *   npm run transcripts -- --normalise F    prints a captured transcript without its ids, instants and durations
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { differences, goldens, refusalToWrite, write } from './goldens.ts';
import { normalised } from './normalise.ts';
import { playScenes, sceneNames } from './scenes.ts';

const { values, positionals } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    normalise: { type: 'string' },
    folder: { type: 'string', default: goldens },
  },
  allowPositionals: true,
});
const fail = (line: string): void => {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
};

if (values.normalise !== undefined) process.stdout.write(normalised(readFileSync(values.normalise, 'utf8')));
else {
  const refusal = values.write ? refusalToWrite(process.env) : null;
  if (refusal !== null) fail(refusal);
  else {
    const unknown = positionals.filter((name) => !sceneNames.includes(name));
    if (unknown.length > 0) throw new Error(`no scene ${unknown.join(', ')}; there are ${sceneNames.join(', ')}`);
    const made = await playScenes(positionals.length === 0 ? sceneNames : positionals);
    if (values.write) write(made, values.folder);
    for (const difference of differences(made, values.folder, positionals.length === 0)) fail(difference);
    if (process.exitCode !== 1)
      process.stdout.write(`${made.size} transcripts ${values.write ? 'written' : 'agree'}\n`);
  }
}
