import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withEnvironments } from './environments-table.ts';

test('docs/deployment.md says what each way to start sets (npm run pages renews it)', () => {
  const page = readFileSync(new URL('../docs/deployment.md', import.meta.url), 'utf8');
  expect(withEnvironments(page)).toBe(page);
  expect(page).toMatch(/\| `PROXY_HOST` \| 127\.0\.0\.1 \|/);
});
