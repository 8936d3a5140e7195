// Proves the lint rules by bad samples: each is refused for the rule it is named after, and the good ones pass.
// The samples are written to a temporary folder beside a copy of the configuration, and linted in one run.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const imports = 'no-restricted-imports';
const globals = 'no-restricted-globals';

/** `folder`, one statement, and the rule that refuses it. */
const bad: readonly (readonly [folder: string, code: string, rule: string])[] = [
  ['machines', "import { map } from 'rxjs';", imports],
  ['machines', "import type { Observable } from 'rxjs';", imports],
  ['machines', "import { readFileSync } from 'node:fs';", imports],
  ['machines', "import { Cell } from '../actors/cell.ts';", imports],
  ['machines', "import type { Cell } from '../actors/cell.ts';", imports],
  ['machines', "import { Rpc } from '../transport/rpc.ts';", imports],
  ['machines', "import { route } from '../http/route.ts';", imports],
  ['machines', "import { fake } from '../testkit/fake.ts';", imports],
  ['machines', "const z = await import('zod');", imports],
  ['machines', "export * from 'rxjs';", imports],
  ['machines', 'const at = Date.now();', globals],
  ['machines', 'setTimeout(() => {}, 1);', globals],
  ['machines', 'setInterval(() => {}, 1);', globals],
  ['machines', 'const home = process.env;', globals],
  ['machines', 'const at = performance.now();', globals],
  ['machines', 'const id = crypto.randomUUID();', globals],
  ['machines', 'const chance = Math.random();', 'no-restricted-properties'],
  ['actors', "import { z } from 'zod';", imports],
  ['actors', "import { readFileSync } from 'node:fs';", imports],
  ['actors', "import type { Rpc } from '../transport/rpc.ts';", imports],
  ['actors', "import { route } from '../http/route.ts';", imports],
  ['actors', "import { fake } from '../testkit/fake.ts';", imports],
  ['transport', "import { setup } from 'xstate';", imports],
  ['transport', "import { machine } from '../machines/worker.ts';", imports],
  ['transport', "import { Cell } from '../actors/cell.ts';", imports],
  ['transport', "import type { Route } from '../http/route.ts';", imports],
  ['transport', "import { fake } from '../testkit/fake.ts';", imports],
  ['http', "import { readFileSync } from 'node:fs';", imports],
  ['http', "import { map } from 'rxjs';", imports],
  ['http', "import { machine } from '../machines/worker.ts';", imports],
  ['http', "import type { Rpc } from '../transport/rpc.ts';", imports],
  ['http', "import { fake } from '../testkit/fake.ts';", imports],
  ['http/wire', "import { readFileSync } from 'node:fs';", imports],
  ['http/wire', "import { rpc } from '../../transport/rpc.ts';", imports],
  ['testkit', "import { route } from '../http/route.ts';", imports],
  ['deploy', "import { machine } from '../machines/worker.ts';", imports],
  ...['timer', 'interval', 'delay', 'debounceTime', 'timeout', 'throttleTime', 'auditTime', 'bufferTime'].flatMap(
    (name) => ['actors', 'transport'].map((folder) => [folder, `import { ${name} } from 'rxjs';`, imports] as const),
  ),
  ['actors', "import * as rx from 'rxjs';", imports],
  ['actors', 'export default 1;', 'no-default-export'],
  ['actors', 'const x: any = 1;', 'no-explicit-any'],
  ['actors', 'Promise.resolve(1);', 'no-floating-promises'],
  ['actors', '[1].forEach(async () => {});', 'no-misused-promises'],
];

const good: readonly (readonly [file: string, code: string])[] = [
  ['machines/good.ts', "import { setup } from 'xstate';\nimport { other } from './other.ts';"],
  ['machines/good.test.ts', "import { fake } from '../testkit/fake.ts';\nimport fc from 'fast-check';"],
  ['actors/good.ts', "import { map } from 'rxjs';\nimport { machine } from '../machines/worker.ts';"],
  ['actors/good.test.ts', "import { readFileSync } from 'node:fs';\nimport { fake } from '../testkit/fake.ts';"],
  ['transport/good.ts', "import { pack } from 'msgpackr';\nimport { spawn } from 'node:child_process';"],
  [
    'transport/types.ts',
    "import type { Worker } from '../machines/worker.ts';\nimport type { Channel } from '../actors/seams.ts';",
  ],
  ['http/good.ts', "import { createRequire } from 'node:module';\nimport { Cell } from '../actors/cell.ts';"],
  ['http/types.ts', "import type { Outcome } from '../machines/outcome.ts';\nimport { z } from 'zod';"],
  ['http/main.ts', "import { Rpc } from '../transport/rpc.ts';\nimport { readFileSync } from 'node:fs';"],
  ['http/composition.ts', "import { Rpc } from '../transport/rpc.ts';\nimport { readFileSync } from 'node:fs';"],
  ['testkit/good.ts', "import { Cell } from '../actors/cell.ts';\nimport type { Route } from '../http/route.ts';"],
];

const box = mkdtempSync(join(tmpdir(), 'codex-actors-lint-'));
const found = new Map<string, string[]>();
const fileOf = (index: number) => `${bad[index]?.[0]}/bad-${index}.ts`;

beforeAll(() => {
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) cpSync(join(root, file), join(box, file));
  symlinkSync(join(root, 'node_modules'), join(box, 'node_modules'));
  const samples = [...bad.map(([, code], i) => [fileOf(i), code] as const), ...good];
  for (const [file, code] of samples) {
    mkdirSync(dirname(join(box, file)), { recursive: true });
    writeFileSync(join(box, file), `${code}\n`);
  }
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const { stdout } = spawnSync(process.execPath, [oxlint, '--type-aware', '-f', 'json', '.'], {
    cwd: box,
    encoding: 'utf8',
    timeout: 20_000,
  });
  const report = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  for (const { code, filename } of report.diagnostics) found.set(filename, [...(found.get(filename) ?? []), code]);
}, 30_000);

afterAll(() => rmSync(box, { recursive: true, force: true }));

describe('refuses', () => {
  it.each(bad.map(([folder, code, rule], index) => ({ folder, code, rule, index })))(
    'in $folder: $code ($rule)',
    ({ rule, index }) => {
      expect(found.get(fileOf(index)) ?? []).toContainEqual(expect.stringContaining(`(${rule})`));
    },
  );
});

it.each(good)('has no import to refuse in %s', (file) => {
  expect((found.get(file) ?? []).filter((code) => code.includes(imports))).toEqual([]);
});
