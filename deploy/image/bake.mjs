// Moves the native binary of the Codex CLI out of its npm package to a fixed path of the image: `bake.mjs <folder>`. With what
// the program looks for beside itself. Invariant: where a platform has no binary, the build ends with one line that says so.

import { existsSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const [folder = ''] = process.argv.slice(2);
const require = createRequire(resolve('package.json'));
const platform = `linux-${process.arch}`;
const targets = { x64: 'x86_64-unknown-linux-musl', arm64: 'aarch64-unknown-linux-musl' };

const fail = (words) => {
  console.error(`image: ${words}`);
  process.exit(1);
};

const packageOf = (name) => {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return fail(
      `${name} was not installed: npm has no binary of the Codex CLI for ${platform}, so there is no image for it`,
    );
  }
};

const target = targets[process.arch];
if (target === undefined)
  fail(`there is no image for ${platform}: the Codex CLI and uWebSockets.js have no binary for it`);
const vendor = join(packageOf(`@openai/codex-${platform}`), 'vendor', target);
if (!existsSync(join(vendor, 'bin', 'codex')))
  fail(`the package of the Codex CLI has no ${join('vendor', target)}/bin/codex`);
// In the same step as the install: across layers a folder cannot be moved.
renameSync(vendor, folder);
console.log(`image: the Codex CLI for ${platform} is at ${folder}`);
