/**
 * The frame of an operator script: help, arguments, exit code, and the one way to do something. Invariants: in a dry run
 * nothing is done but said; every line that is printed went through the mask; an error is one line that says what to do.
 */

import process from 'node:process';
import { type Given, helpText, type Manual, readArguments } from './arguments.ts';
import { type Mask, masking, secretsOf } from './masking.ts';
import { messageOf, Refusal } from './refusal.ts';

export interface Stage {
  say(line: string): void;
  /** More to hide, once it is known. */
  hide(environment: Readonly<Record<string, string | undefined>>): void;
  /** Does it and says so; in a dry run only says so. */
  act(what: string, doing: () => Promise<void> | void): Promise<void>;
  readonly mask: Mask;
  readonly dryRun: boolean;
}

function stageOf(dryRun: boolean): Stage {
  const secrets = [...secretsOf(process.env)];
  const mask: Mask = (text) => masking(secrets)(text);
  const say = (line: string): void => void process.stdout.write(`${mask(line)}\n`);
  return {
    mask,
    dryRun,
    say,
    hide: (environment) => void secrets.push(...secretsOf(environment)),
    act: async (what, doing) => {
      say(dryRun ? `would ${what}` : what);
      if (!dryRun) await doing();
    },
  };
}

type Options = Manual['options'];

/** Runs a script; `body` may return an exit code other than 0. */
export async function runScript<T extends Options>(
  manual: Manual<T>,
  argv: readonly string[],
  body: (given: Given<T>, stage: Stage) => Promise<number | void>,
): Promise<void> {
  let stage = stageOf(false);
  try {
    const given = readArguments(manual, argv);
    if (given.values.help) {
      process.stdout.write(`${helpText(manual)}\n`);
      return;
    }
    stage = stageOf(given.values['dry-run']);
    process.exitCode = (await body(given, stage)) ?? 0;
  } catch (error) {
    process.stderr.write(`${stage.mask(`${manual.command}: ${messageOf(error)}`)}\n`);
    process.exitCode = error instanceof Refusal ? 2 : 1;
  }
}
