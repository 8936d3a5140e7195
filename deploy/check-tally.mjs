// Adds up the results of the stages of check.mjs from Vitest's JSON reports.
// Invariant: `failed` is above zero exactly when a stage failed, also where Vitest failed without a failing test.

import { readFileSync } from 'node:fs';

function counts({ ok, report }) {
  const single = { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  if (report === undefined) return single;
  let json;
  try {
    json = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    // No report: nothing ran. That is well where no test file exists, and one failure where Vitest did not start.
    return { ...single, passed: 0 };
  }
  const { numPassedTests: passed = 0, numFailedTests: failed = 0, numPendingTests = 0, numTodoTests = 0 } = json;
  return { passed, failed: ok ? failed : Math.max(failed, 1), skipped: numPendingTests + numTodoTests };
}

/** `{ passed, failed, skipped }` over all stages; a stage without a report counts as one test. */
export function tally(results) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const result of results) {
    const one = counts(result);
    for (const key of Object.keys(sum)) sum[key] += one[key];
  }
  return sum;
}
