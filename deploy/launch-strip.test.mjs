import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isStale, strippedFile } from './launch-strip.mjs';

const tree = (files) => {
  const root = mkdtempSync(join(tmpdir(), 'codex-actors-strip-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, seconds] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), '');
    utimesSync(join(root, name), seconds, seconds);
  }
  return root;
};
const kept = join(...strippedFile('22.23.3'));

test('what was kept before a source has changed is stale', () => {
  expect(isStale(tree({ 'http/a.ts': 10, 'http/b/c.ts': 30, [kept]: 20 }), '22.23.3')).toBe(true);
  expect(isStale(tree({ 'http/a.ts': 10, 'http/b/c.ts': 20, [kept]: 20 }), '22.23.3')).toBe(false);
  expect(isStale(tree({ 'http/a.ts': 10, 'http/page.md': 30, 'docs/x.ts': 30, [kept]: 20 }), '22.23.3')).toBe(false);
});

test('where nothing was kept it is stale, unless there is no place for it', () => {
  expect(isStale(tree({ 'http/a.ts': 10, 'node_modules/a': 1 }), '22.23.3')).toBe(true);
  expect(isStale(tree({ 'http/a.ts': 10 }), '22.23.3')).toBe(false);
});

test('what another Node has left is not kept for this one', () => {
  const root = tree({ 'http/a.ts': 10, [kept]: 20 });
  expect([isStale(root, '22.23.3'), isStale(root, '24.1.0')]).toEqual([false, true]);
});
