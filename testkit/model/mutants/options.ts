/** How `npm run mutants` is told what to do. */

import { parseArgs } from 'node:util';
import { fnvOf } from '../../fnv.ts';

export const help = `npm run mutants -- [options]

  --write        writes verdicts.json instead of comparing it; the whole run only
  --tenth SEED   a tenth of the mutants, chosen by the seed
  --only TEXT    the mutants that have this in their names
  --list         names the mutants
`;

export interface Options {
  readonly write: boolean;
  readonly list: boolean;
  readonly help: boolean;
  /** Whether a mutant is wanted. */
  readonly wants: (name: string) => boolean;
  /** Every mutant is. */
  readonly whole: boolean;
}

/** Spreads names evenly. */
const hash = (text: string): number => {
  let value = fnvOf(text);
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
};

export const inTenth = (seed: string, name: string): boolean => hash(`${seed} ${name}`) % 10 === 0;

export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      write: { type: 'boolean', default: false },
      tenth: { type: 'string' },
      only: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { tenth, only, write, list } = values;
  const whole = tenth === undefined && only === undefined;
  if (write && !whole) throw new Error('--write needs the whole run');
  return {
    write,
    list,
    help: values.help,
    whole,
    wants: (name) => (tenth === undefined || inTenth(tenth, name)) && (only === undefined || name.includes(only)),
  };
};
