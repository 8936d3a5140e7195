// The repository lints itself: rules about files and text that no linter of code knows.
// Each finding is `path:line: what`, so a failing check reads like a compiler's output.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Tests are tables more than they are code. */
const linesMax = { source: 250, test: 450 };
const isTest = (path: string): boolean => /\.(test|e2e)\.ts$/.test(path);

// Walked rather than asked of git, so that the rules also hold in an archive or under another owner.
const skipped = new Set(['.git', 'node_modules', 'coverage', '.data', 'test-results', 'backups', 'releases', '.lock']);
function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (skipped.has(entry.name) || /^\.env(\.dev)?$|\.log$/.test(entry.name)) return [];
    // Of a home only what git tracks.
    if (/^\.(codev|codex-api|codex-responses-api)$/.test(folder) && !/^(README|AGENTS\.example)\.md$/.test(entry.name))
      return [];
    return entry.isDirectory() ? walk(path) : entry.isFile() ? [path] : [];
  });
}
const paths = walk('');
const isRecording = (path: string) => path.includes('/fixtures/') || basename(path) === 'package-lock.json';
const text = new Map(
  paths
    .filter((path) => !/\.(png|jpg|gif|ico|woff2?)$/.test(path))
    .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
);
const production = paths.filter((path) => /^(machines|actors|transport|http)\/.*\.ts$/.test(path));

function findings(chosen: readonly string[], pattern: RegExp): string[] {
  return chosen.flatMap((path) =>
    (text.get(path) ?? '')
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
  );
}

it('keeps every file of the four production folders short', () => {
  const long = production.map((path) => [path, (text.get(path) ?? '').split('\n').length - 1] as const);
  const over = long.filter(([path, lines]) => lines > linesMax[isTest(path) ? 'test' : 'source']);
  expect(over.map(([path, lines]) => `${path}: ${lines} lines`)).toEqual([]);
});

it('opens every source file of production with a comment that says what it is for', () => {
  expect(production.filter((path) => !isTest(path) && !/^\/[/*]/.test(text.get(path) ?? ''))).toEqual([]);
});

it('has no file named utils, helpers, common, misc or index', () => {
  const code = paths.filter((path) => /\.(ts|mjs)$/.test(path));
  expect(code.filter((path) => /(^|[-.])(utils?|helpers?|common|misc|index)\./.test(basename(path)))).toEqual([]);
});

it('has no mark of a merge that was not finished', () => {
  expect(findings([...text.keys()], /^(<{7} |>{7} |={7}$)/)).toEqual([]);
});

it('has no default export but where another program asks for it: Vitest, the runtime of Cloudflare workers', () => {
  const asked = ['vitest.config.ts', 'cors-preflight.mjs'];
  const code = paths.filter((path) => /\.(ts|mjs)$/.test(path) && !asked.includes(basename(path)));
  expect(findings(code, /^export default\b|^export \{[^}]*\bas default\b/)).toEqual([]);
});

it('has no barrel: nothing in production is exported from another file', () => {
  expect(findings(production, /^export\b.*\bfrom '/)).toEqual([]);
});

// oxlint does not look into `import('…').Type`, so this closes the way around its import table.
it("has no type taken with import('…') from another folder", () => {
  expect(findings(production, /(?<!await )\bimport\('\.\.\//)).toEqual([]);
});

it('names no absolute path of a machine', () => {
  const chosen = paths.filter((path) => !isRecording(path));
  // Split, so that this file does not find itself.
  const folders = ['work', 'root', 'tmp', 'Users'].join('|');
  const strict = chosen.filter(
    (path) => /\.(md|json|ya?ml|toml)$/.test(path) || /^(machines|actors|transport|http)\//.test(path),
  );
  expect(findings(strict, new RegExp(`(^|[\\s"'\`(=:])/(${folders})/`))).toEqual([]);
});

it('names no private host or registry', () => {
  const chosen = paths.filter((path) => !isRecording(path) && path !== 'deploy/tidy.test.ts');
  const host =
    /https?:\/\/[\w.-]*(\.(internal|corp|lan|intranet|local)\b|registry\.(?!npmjs\.org)|artifactory|nexus|verdaccio)/;
  expect(findings(chosen, host)).toEqual([]);
});

it('does not name a registry for npm', () => {
  const npmrc = paths.filter((path) => basename(path) === '.npmrc');
  expect(findings(npmrc, /registry\s*=|_auth|\/\//)).toEqual([]);
});

it('starts every npm script with exec, so that a signal to npm reaches the program', () => {
  const { scripts } = JSON.parse(text.get('package.json') ?? '{}') as { scripts: Record<string, string> };
  expect(Object.entries(scripts).filter(([, script]) => !script.startsWith('exec node '))).toEqual([]);
});

it('has the file that an npm script starts', () => {
  const { scripts } = JSON.parse(text.get('package.json') ?? '{}') as { scripts: Record<string, string> };
  const started = Object.values(scripts).flatMap((script) =>
    script.split(' ').filter((word) => /\.(ts|mjs)$/.test(word)),
  );
  expect(started.length).toBeGreaterThan(50);
  expect(started.filter((path) => !path.startsWith('node_modules/') && !paths.includes(path))).toEqual([]);
});

// What is ignored is there for whoever wrote it, and for nobody else.
it.runIf(existsSync(join(root, '.git')))('has no source that git ignores', () => {
  const args = [
    'ls-files',
    '--others',
    '--ignored',
    '--exclude-standard',
    '--directory',
    '--',
    '*.ts',
    '*.mjs',
    '*.js',
  ];
  const ignored = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n');
  const generated = /(^|\/)node_modules\/?|^deploy\/\.lock\/|^(coverage|test-results|backups|releases|\.data)\//;
  expect(ignored.filter((path) => path !== '' && !generated.test(path))).toEqual([]);
});

it('explains each direct dependency in docs/dependencies.md', () => {
  const explained = text.get('docs/dependencies.md') ?? '';
  const manifests = ['package.json', 'deploy/node/package.json'].map(
    (path) => JSON.parse(text.get(path) ?? '{}') as Record<string, Record<string, string> | undefined>,
  );
  const wanted = manifests.flatMap((manifest) =>
    ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) => Object.entries(manifest[kind] ?? {})),
  );
  const told = ([name, spec]: [string, string]) =>
    explained.includes(`\`${name}\``) && explained.includes(spec.slice(spec.lastIndexOf('@') + 1));
  expect(wanted.filter((entry) => !told(entry)).map(([name, spec]) => `${name} ${spec}`)).toEqual([]);
});

it('names only files that exist, in the documents', () => {
  const documents = paths.filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md');
  const named = documents.flatMap((document) =>
    [
      ...(text.get(document) ?? '').matchAll(
        /`((?:machines|actors|transport|http|testkit|bench|deploy|docs)\/[\w./-]+\.\w+)`/g,
      ),
    ].map(([, path = '']) => [document, path] as const),
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter(([, path]) => !paths.includes(path)).map(([document, path]) => `${document}: ${path}`)).toEqual(
    [],
  );
});
