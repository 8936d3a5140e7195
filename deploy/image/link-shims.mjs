// The fakes of the CLI under the names that users of the predecessor put into CODEX_BIN: `link-shims.mjs <folder>`. Links, so that
// there is one fake of each kind; the variant of the legacy one is read off its name.

import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const [folder = ''] = process.argv.slice(2);
const variants = [
  '',
  '-hang',
  '-long',
  '-no-complete',
  '-provider-usage',
  '-stream-hang',
  '-token-count-only',
  '-tools',
];
const links = [
  ['fake-codex-jsonrpc.js', 'testkit/app-server/main.ts'],
  ...variants.map((variant) => [`fake-codex-proto${variant}.js`, 'testkit/proto/main.ts']),
];

mkdirSync(folder, { recursive: true });
for (const [name, target] of links) {
  if (!existsSync(target)) throw new Error(`${target} is not in the image`);
  symlinkSync(relative(folder, resolve(target)), join(folder, name));
}
