// The unit tests once more, each with `collect.ts` in its process. Under the counters they are slower.

import { defineConfig } from 'vitest/config';

// oxlint-disable-next-line import/no-default-export -- Vitest reads it
export default defineConfig({
  test: {
    pool: 'forks',
    include: ['**/*.test.{ts,mjs}'],
    exclude: ['**/node_modules/**', 'coverage/**'],
    setupFiles: ['testkit/line-coverage/collect.ts'],
    testTimeout: 40_000,
  },
});
