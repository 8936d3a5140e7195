// The tests that judge the mutants: those beside the machines and of the pool that runs. One seed for all properties, so that
// two runs of the same commit agree.

import { defineConfig } from 'vitest/config';

// oxlint-disable-next-line import/no-default-export -- Vitest reads it
export default defineConfig({
  test: {
    include: ['machines/{ids,links,pool,pool-steps}.test.ts', 'actors/health.test.ts'],
    setupFiles: ['testkit/mutation/seed.ts'],
  },
});
