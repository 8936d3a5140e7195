/** The command line of the suite. Pure. Invariant: what is not understood is refused with the reason, never ignored. */

import { parseArgs } from 'node:util';

export interface Options {
  /** Scenarios by name; none: all. */
  readonly names: readonly string[];
  readonly short: boolean;
  /** Null: as many as the scenarios want. */
  readonly rounds: number | null;
  readonly json: string | null;
  /** Write the results page. */
  readonly page: boolean;
  /** Run nothing: the page is made of the figures in this file. */
  readonly from: string | null;
  /** Folder for CPU profiles of the gateway. */
  readonly profile: string | null;
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
  --page                         docs/benchmarks.md, of these figures and of those that it has of other scenarios
  --page --from FILE             docs/benchmarks.md of figures that were kept; nothing is run
  --profile DIR                  CPU profiles of the gateway, and as text which functions lead; such a server is slower
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
      page: { type: 'boolean', default: false },
      from: { type: 'string' },
      profile: { type: 'string' },
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
  for (const name of ['json', 'from', 'profile'] as const)
    if (values[name] === '') throw new Error(`--${name} needs a name`);
  if (values.from !== undefined && !values.page) throw new Error('--from is for --page');
  return {
    names: [...new Set(names)],
    short: values.short,
    rounds,
    json: values.json ?? null,
    page: values.page,
    from: values.from ?? null,
    profile: values.profile ?? null,
    list: values.list,
    help: values.help,
  };
}
