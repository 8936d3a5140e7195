// How the tests run. `unit` is all that needs no other program; `cli` are the *.e2e.ts files, which start Spin or the real
// `codex` one file at a time; `clients` are those that drive real clients, in `testkit/clients/`;
// `deploy` are the *.deploy.ts files, which `npm run test:deploy` runs with Docker and an edge beside them;
// `parity` are the *.parity.ts files, each of which checks rows of `testkit/parity.json`. Forks, not threads: a thread that ends while uWebSockets.js listens in it aborts the process.

import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', 'coverage/**'];
const clients = 'testkit/clients/**/*.e2e.ts';
/** One file at a time: each starts a gateway and its workers. */
const alone = { fileParallelism: false, maxWorkers: 1, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    pool: 'forks',
    passWithNoTests: true,
    projects: [
      { test: { name: 'unit', pool: 'forks', include: ['**/*.test.{ts,mjs}'], exclude, testTimeout: 10_000 } },
      { test: { name: 'cli', pool: 'forks', include: ['**/*.e2e.ts'], exclude: [...exclude, clients], ...alone } },
      {
        test: {
          name: 'parity',
          pool: 'forks',
          include: ['**/*.parity.ts'],
          exclude,
          ...alone,
        },
      },
      {
        test: {
          name: 'deploy',
          pool: 'forks',
          include: ['deploy/e2e/*.deploy.ts'],
          exclude,
          ...alone,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: 'clients', pool: 'forks', include: [clients], exclude, ...alone } },
    ],
  },
});
