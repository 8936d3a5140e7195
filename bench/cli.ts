/** The command line of the suite. Pure. Invariant: what is not understood is refused with the reason, never ignored. */

import { parseArgs } from 'node:util';

export interface Options {
  /** Scenarios by name; none: all. */
  readonly names: readonly string[];
  readonly short: boolean;
  /** Null: as many as the scenarios want. */
  readonly rounds: number | null;
  readonly json: string | null;
  readonly list: boolean;
  readonly help: boolean;
}

const roundsMax = 1_000;

export const usage = `npm run bench                    every scenario, with the references in the same run
npm run bench -- NAME...         these only
  --list                         the scenarios, and what each shows
  --short                        fewer rounds and less load: a first look, not a figure
  --rounds N                     so many rounds of each
  --json FILE                    all figures, ratios and targets by name
  --help                         this text
`;

const parsed = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });

/** Throws an error whose message is for the user. */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const { values, positionals: names } = parsed(args);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`there is no scenario ${unknown}; there are ${known.join(', ')}`);
  const rounds = values.rounds === undefined ? null : Number(values.rounds);
  if (rounds !== null && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= roundsMax))
    throw new Error(`--rounds must be a whole number from 1 to ${roundsMax}, not ${values.rounds}`);
  if (values.json === '') throw new Error('--json needs the name of a file');
  return {
    names: [...new Set(names)],
    short: values.short,
    rounds,
    json: values.json ?? null,
    list: values.list,
    help: values.help,
  };
}
