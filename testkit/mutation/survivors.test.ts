import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { equivalent, unexplained } from './survivors.ts';

const one = { file: 'f.ts', line: 'a < b', from: '<', to: '<=' };
const two = { ...one, to: '>' };

test('a survivor that is not listed is told, and so is a listed one that is gone', () => {
  const listed = [{ ...one, why: 'because' }];
  expect(unexplained([one], listed)).toEqual([]);
  expect(unexplained([one, two], listed)).toEqual(['no test notices it: f.ts: in "a < b" < -> >']);
  expect(unexplained([], listed)).toEqual(['listed, but it does not survive (any more): f.ts: in "a < b" < -> <=']);
  expect(unexplained([one, one], listed)).toHaveLength(1);
});

test('what is listed is in the source, and has a reason', () => {
  for (const { file, line, from, why } of equivalent) {
    const lines = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').split('\n');
    expect(lines.map((text) => text.trim())).toContain(line);
    expect(line).toContain(from);
    expect(why).not.toBe('');
  }
});
