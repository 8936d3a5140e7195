/** The fake app-server against the committed lines of the real CLI, where there is no real CLI. */

import { readdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { differences } from './compare.ts';
import { goldenPath, piped, readGolden, updating } from './golden.ts';
import { printed } from './print.ts';
import { scenarios } from './scenarios.ts';
import { openSubject, type Subject } from './subject.ts';

let fake: Subject;

beforeAll(async () => {
  fake = await openSubject('memory');
});

afterAll(async () => fake.close());

test.for(scenarios)('$name: the fake is as the golden', { timeout: 60_000 }, async (scenario) => {
  expect(differences(await readGolden(scenario.name), piped(await fake.perform(scenario)))).toEqual([]);
});

test('there is one golden a scenario', async () => {
  const names = await readdir(dirname(goldenPath('text')));
  expect(names.toSorted()).toEqual(scenarios.map(({ name }) => `${name}.msgpack`).toSorted());
});

test('goldens hold nothing of the machine they were made on', async () => {
  for (const { name } of scenarios) {
    const text = printed(await readFile(goldenPath(name)));
    expect(text).not.toMatch(/127\.0\.0\.1|\/(?:tmp|home|root|work|Users)\/|\d{13}|0\.169\.0/u);
  }
});

test('goldens are rewritten on demand, but not in CI', () => {
  expect(updating({})).toBe(false);
  expect(updating({ UPDATE_GOLDENS: '1' })).toBe(true);
  expect(() => updating({ UPDATE_GOLDENS: '1', CI: 'true' })).toThrow('refused in CI');
});
