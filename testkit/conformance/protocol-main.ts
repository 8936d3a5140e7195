/**
 * `npm run jsonrpc:verify`: the part of the protocol that we use is, in the pinned CLI, what `testkit/fixtures/codex-protocol.json`
 * says, and every method that the transport names exists. `npm run jsonrpc:bundle` writes that file: by hand, at an upgrade of
 * the CLI, never in CI; its difference is what there is to review.
 */

import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parsed } from './entry.ts';
import { bundleOf, changes, unknownMethods } from './protocol-bundle.ts';
import { printedSchemas } from './protocol-schema.ts';

const root = join(import.meta.dirname, '../..');
const file = 'testkit/fixtures/codex-protocol.json';
const path = join(root, file);
const shownMax = 40;
const areas = /^(?:initialized?|error|warning|(?:account|item|model|rawResponse(?:Item)?|server|thread|turn)\/[\w/]+)$/;
/** Printed by themselves, not among the methods. */
const apart = ['rawResponse/completed', 'rawResponseItem/completed'];

/** The methods that stand in the sources of the transport as words. */
function namedMethods(): ReadonlySet<string> {
  const sources = globSync('transport/*.ts', { cwd: root }).filter((name) => !/\.(test|e2e)\.ts$/.test(name));
  const text = sources.map((name) => readFileSync(join(root, name), 'utf8')).join('\n');
  return new Set([...text.matchAll(/'([\w/]+)'/g)].map(([, word = '']) => word).filter((word) => areas.test(word)));
}

const [command = ''] = process.argv.slice(2);
const named = namedMethods();
const schemas = await printedSchemas();
const bundle = bundleOf(schemas, (method) => named.has(method));
const unknown = unknownMethods(schemas, named).filter((method) => !apart.includes(method));
const fail = (line: string): void => {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
};

if (unknown.length > 0) fail(`the CLI has no method ${unknown.join(', ')}, which the transport names`);
if (command === 'bundle') {
  if (!['', 'false', '0', undefined].includes(process.env['CI']))
    fail('jsonrpc:bundle is refused in CI: the file is written by hand and reviewed');
  else {
    writeFileSync(path, `${JSON.stringify(bundle, null, 1)}\n`);
    process.stdout.write(`${file}: ${named.size} methods\n`);
  }
} else if (command === 'verify') {
  let before: unknown = null;
  try {
    before = parsed(readFileSync(path, 'utf8'));
  } catch {
    fail(`there is no ${file}; npm run jsonrpc:bundle writes it from the pinned CLI`);
  }
  const found = before === null ? [] : changes(before, parsed(JSON.stringify(bundle)));
  for (const change of found.slice(0, shownMax)) fail(change);
  if (found.length > 0) fail(`${found.length} differences to ${file}; npm run jsonrpc:bundle renews it, for review`);
  if (process.exitCode !== 1) process.stdout.write(`${file}: ${named.size} methods, as the CLI prints them\n`);
} else fail('usage: protocol-main.ts bundle|verify');
