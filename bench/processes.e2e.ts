/** Ctrl-C in the middle of a benchmark: neither a process nor a folder is left of it, also of what a launcher has launched. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { gone, type Pid } from '../testkit/process-table.ts';

const launched = 'console.log(process.pid); setTimeout(() => {}, 20_000);';
const launcher = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(launched)}], { stdio: 'inherit' });`;
const suite = `
  import { once } from 'node:events';
  import { helperCore, startPinned, temporaryFolder } from ${JSON.stringify(join(import.meta.dirname, 'processes.ts'))};
  import { processOf } from ${JSON.stringify(join(import.meta.dirname, '../testkit/process-table.ts'))};
  const { path } = temporaryFolder('codex-actors-test-');
  const child = startPinned(helperCore, ['-e', ${JSON.stringify(launcher)}], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  const pids = [child.pid, Number(String(line))].map((pid) => processOf(pid));
  process.once('SIGINT', () => process.exit(1));
  console.log(JSON.stringify({ path, pids }));
  process.kill(process.pid, 'SIGINT');
`;

test('nothing is left of a benchmark that is interrupted', async () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', suite], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  expect(stderr).toBe('');
  const { path, pids } = JSON.parse(stdout) as { readonly path: string; readonly pids: readonly Pid[] };
  expect(pids).toHaveLength(2);
  await gone(pids);
  expect(existsSync(path)).toBe(false);
});
