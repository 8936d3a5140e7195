// How the tests run. `unit` is all that needs no other program; `cli` are the *.e2e.ts files, which start Spin or the real
// `codex` one file at a time; `clients` are those that drive real clients, in `testkit/clients/`;
// `deploy` are the *.deploy.ts files, which `npm run test:deploy` runs with Docker and an edge beside them;
// `parity` are the *.parity.ts files, each of which checks rows of `testkit/parity.json`; those that measure nothing run two at a
// time, as `parity-pairs`. Forks, not threads: a thread that ends while uWebSockets.js listens in it aborts the process.

import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', 'coverage/**'];
const clients = 'testkit/clients/**/*.e2e.ts';
/** What is looked for again and again may take as long as anything else on a busy machine. */
const expectations = { poll: { timeout: 8_000 } };
/** One file at a time: each starts a gateway and its workers. */
const alone = {
  setupFiles: ['testkit/print-last-words.ts'],
  fileParallelism: false,
  maxWorkers: 1,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: expectations,
};

/** Rows about what is said, not about when. */
const untimed = [
  'answers',
  'auth',
  'backups',
  'captures',
  'chat-answers',
  'compose',
  'cors',
  'docs',
  'edge',
  'entry-names',
  'finish-reasons',
  'forward-auth',
  'heuristics',
  'hooks',
  'image',
  'logs',
  'metrics-access',
  'migration',
  'models',
  'node-versions',
  'output-modes',
  'port',
  'proto',
  'replay',
  'request-mapping',
  'responses-answers',
  'responses-requests',
  'routes',
  'sanitiser',
  'secrecy',
  'setup',
  'shim',
  'shim-names',
  'smoke',
  'smokes',
  'snapshots',
  'text',
  'trace',
  'transcripts',
  'usage',
  'usage-queries',
  'workflows',
].map((name) => `testkit/parity/${name}.parity.ts`);

export default defineConfig({
  test: {
    pool: 'forks',
    passWithNoTests: true,
    projects: [
      {
        test: {
          name: 'unit',
          pool: 'forks',
          include: ['**/*.test.{ts,mjs}'],
          exclude,
          testTimeout: 10_000,
          expect: expectations,
        },
      },
      { test: { name: 'cli', pool: 'forks', include: ['**/*.e2e.ts'], exclude: [...exclude, clients], ...alone } },
      {
        test: {
          name: 'parity',
          pool: 'forks',
          include: ['**/*.parity.ts'],
          exclude: [...exclude, ...untimed],
          ...alone,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'parity-pairs',
          pool: 'forks',
          include: untimed,
          exclude,
          ...alone,
          fileParallelism: true,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
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
