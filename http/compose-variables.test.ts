/** The compose files set every variable, and nothing else than the table says. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withVariables } from './compose-variables.ts';

test.each([
  ['docker-compose.yml', 'edge'],
  ['docker-compose.local.yml', 'local'],
] as const)('%s holds the variables as they are', (name, stack) => {
  const text = readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  // `npm run pages` renews it.
  expect(text).toBe(withVariables(text, stack));
});

test('a file without the marks is refused', () => {
  expect(() => withVariables('services: {}\n', 'edge')).toThrow('no marks');
});
