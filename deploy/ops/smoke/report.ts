/**
 * Checks, and the lines that tell how they came out: `[PASS]`, `[FAIL]`, `[SKIP]`. Invariant: each check has one line, whatever
 * happens in it, and a failed one does not keep the others from being tried.
 */

import { messageOf, Refusal } from '../refusal.ts';
import type { Stage } from '../script.ts';

export interface Check {
  readonly name: string;
  /** What it asks, for a dry run. */
  readonly asks: string;
  /** Why it is left out. */
  readonly skip?: string | undefined;
  /** Resolves with something worth saying; rejects with what is wrong. */
  readonly run: () => Promise<string | void>;
}

export class Unmet extends Error {}

export function demand(condition: boolean, wrong: string): void {
  if (!condition) throw new Unmet(wrong);
}

const excerptMax = 300;

/** Of an answer that was not expected. */
export const excerpt = (text: string): string => {
  const line = text.replaceAll(/\s+/gu, ' ').trim();
  return line.length > excerptMax ? `${line.slice(0, excerptMax)}…` : line;
};

/** The exit code: 0 when all passed, 1 otherwise. */
export async function report(title: string, checks: readonly Check[], stage: Stage): Promise<number> {
  stage.say(`== ${title} ==`);
  let failed = 0;
  let passed = 0;
  for (const { name, asks, skip, run } of checks) {
    if (skip !== undefined) {
      stage.say(`[SKIP] ${name}: ${skip}`);
      continue;
    }
    if (stage.dryRun) {
      stage.say(`[PLAN] ${name}: ${asks}`);
      continue;
    }
    try {
      const remark = await run();
      passed += 1;
      stage.say(`[PASS] ${name}${typeof remark === 'string' ? ` (${remark})` : ''}`);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      failed += 1;
      stage.say(`[FAIL] ${name}: ${messageOf(error)}`);
    }
  }
  if (stage.dryRun) return 0;
  stage.say(failed === 0 ? `All ${passed} checks passed.` : `${failed} of ${passed + failed} checks failed.`);
  return failed === 0 ? 0 : 1;
}
