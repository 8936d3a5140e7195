import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { faultsIn } from './runbooks.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'codex-actors-documents-'));
  writeFileSync(join(root, 'other.md'), '# Other `page`\n\n## What to do, and when\n');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const scripts = new Set(['start', 'dev:shim']);
const faults = (text: string): readonly string[] => faultsIn({ path: 'a.md', text }, root, scripts);

it('finds nothing in what is true', () => {
  const text =
    '# A\n`npm run dev:shim -- -p 1`\n```sh\nnpm run --silent start # ](nothing)\n```\n[o](other.md#what-to-do-and-when) [p](other.md#other-page) [a](#a) [w](https://example.org/x)\n';
  writeFileSync(join(root, 'a.md'), text);
  expect(faults(text)).toEqual([]);
});

it.each([
  ['npm run gone', 'a.md:1: there is no npm script gone'],
  ['```sh\nnpm run gone:too\n```', 'a.md:2: there is no npm script gone:too'],
  ['[o](none.md)', 'a.md:1: there is no none.md'],
  ['\n[o](other.md#nowhere)', 'a.md:2: other.md has no section #nowhere'],
  ['```sh\nnpm run start', 'a.md: a block of code does not end'],
])('finds what is wrong in %j', (text, fault) => {
  expect(faults(text)).toEqual([fault]);
});
