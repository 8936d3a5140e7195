/**
 * `npm run test:defects`: puts the defects of the predecessor back, one at a time, and expects the tests of their rows to fail.
 *
 *   npm run test:defects               all of them
 *   npm run test:defects -- W-1 W-13   these
 */

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Defect } from './defect.ts';
import { defects } from './defects.ts';

const root = join(import.meta.dirname, '../../..');
const lanes = 2;
const limitMs = 120_000;

interface Trial {
  readonly defect: Defect;
  readonly problem: string | null;
  readonly output: string;
}

/** Files that name the row: the others need not be loaded. */
const filesOf = (row: string): readonly string[] => {
  const folder = join(root, 'testkit/parity');
  const names = readdirSync(folder).filter((name) => name.endsWith('.parity.ts'));
  const naming = names.filter((name) => new RegExp(`\\b${row}\\b`).test(readFileSync(join(folder, name), 'utf8')));
  return naming.length === 0 ? ['none'] : naming.map((name) => `testkit/parity/${name}`);
};

const tryOut = (defect: Defect): Promise<Trial> => {
  const title = `(^|[\\s,])${defect.row}[\\s,:]`;
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project=parity*',
    ...filesOf(defect.row),
    '-t',
    title,
  ];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', PARITY_DEFECT: JSON.stringify(defect) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a trial over its limit ends with its gateway.
    detached: true,
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const late = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), limitMs);
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(late);
      const output = Buffer.concat(chunks).toString('utf8');
      resolve({ defect, problem: problemOf(code, output), output });
    });
  });
};

/** Null: its tests have noticed the defect. */
function problemOf(code: number | null, output: string): string | null {
  if (output.includes('has no place in')) return 'cannot be put back';
  if (output.includes('did not start')) return 'keeps the gateway from starting, which proves nothing';
  if (code === 0) return /Tests\s+\d+ passed|\d+ passed/.test(output) ? 'is not noticed' : 'has no test';
  if (code !== 1) return 'takes too long';
  return /Tests\s+\d+ failed/.test(output) ? null : 'keeps the tests from running, which proves nothing';
}

const wanted = process.argv.slice(2);
const waiting = defects.filter(({ row }) => wanted.length === 0 || wanted.includes(row));
const total = waiting.length;
let noticed = 0;
const lane = async (): Promise<void> => {
  for (let defect = waiting.shift(); defect !== undefined; defect = waiting.shift()) {
    const { problem, output } = await tryOut(defect);
    if (problem === null) noticed += 1;
    else console.log(output.split('\n').slice(-40).join('\n'));
    console.log(`${defect.row.padEnd(6)} ${(problem ?? 'noticed').padEnd(8)}  it ${defect.did}`);
  }
};
await Promise.all(Array.from({ length: lanes }, lane));
console.log(`${noticed} of ${total} defects are noticed when they are put back`);
console.log(`${noticed} passed, ${total - noticed} failed`);
process.exitCode = noticed === total && total > 0 ? 0 : 1;
