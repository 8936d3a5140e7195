/** The workflows of the repository: each of the rows item by item, and what keeps a workflow safe. */

import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { npmScript, scratch } from './npm-script.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, '.github/workflows');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly steps: readonly Step[];
  readonly if?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: { readonly include: readonly Readonly<Record<string, string>>[] } };
}
interface Workflow {
  readonly on: { readonly push?: { readonly branches?: readonly string[]; readonly tags?: readonly string[] } };
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const files = readdirSync(folder);
const text = (file: string): string => readFileSync(join(folder, file), 'utf8');
const workflow = (file: string): Workflow => parse(text(file)) as Workflow;
const stepsOf = ({ jobs }: Workflow): readonly Step[] => Object.values(jobs).flatMap(({ steps }) => steps);
const uses = (steps: readonly Step[], action: string): readonly Step[] =>
  steps.filter((step) => step.uses?.startsWith(`${action}@`));
const scripts = Object.keys(
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts,
);

describe.each(files)('%s', (file) => {
  test('P-290 P-291 P-292 pins every action to a commit, and says which version that is', () => {
    const lines = text(file)
      .split('\n')
      .filter((line) => line.includes('uses:'));
    expect(lines.filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  test('P-290 P-291 P-292 may do no more than it needs, and not for ever', () => {
    const { permissions, jobs } = workflow(file);
    expect(permissions).toEqual({ contents: 'read' });
    expect(Object.values(jobs).filter((job) => !(Number(job['timeout-minutes']) <= 60))).toEqual([]);
    const checkouts = uses(stepsOf(workflow(file)), 'actions/checkout');
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
  });

  test('P-290 P-291 P-292 puts nothing that others can choose into a shell', () => {
    expect(stepsOf(workflow(file)).filter(({ run = '' }) => run.includes('${{'))).toEqual([]);
  });

  test('P-290 P-291 P-292 uses no secret but the token of its own run', () => {
    expect(text(file)).not.toContain('secrets.');
  });

  test('P-290 P-291 P-292 calls only npm scripts that exist', () => {
    const called = [...text(file).matchAll(/npm run (?:-\S+ )*([\w:-]+)|\bscript: '?([\w:-]+)/g)].map(
      ([, direct, inMatrix]) => direct ?? inMatrix ?? '',
    );
    expect(called.length).toBeGreaterThan(file === 'image.yml' ? -1 : 0);
    expect(called.filter((name) => !scripts.includes(name))).toEqual([]);
  });
});

describe('ci', () => {
  const ci = workflow('ci.yml');
  const suite = ci.jobs['suite'];
  const included = suite?.strategy?.matrix.include ?? [];

  test('P-290 runs on every push and pull request', () => {
    expect(ci.on).toEqual({ push: { branches: ['**'] }, pull_request: null });
  });

  test.each([
    ['format', 'format:check'],
    ['lint', 'lint'],
    ['types', 'types'],
    ['protocol', 'jsonrpc:verify'],
    ['unit', 'test:unit'],
    ['integration', 'test:integration'],
    ['end-to-end', 'test:clients'],
    ['parity', 'test:parity'],
    ['smoke', 'smoke:tool-call:ci'],
  ])('P-290 has the suite %s', (name, script) => {
    expect(included).toContainEqual(expect.objectContaining({ suite: name, script }));
  });

  test('P-290 runs the unit tests on the lowest and the highest Node of `engines`', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
    const tried = included.filter((one) => one['suite'] === 'unit').map((one) => one['node'] ?? '');
    const named = engines.node.split('||').map((range) => range.trim().replace(/^[\^~>=]+/, ''));
    expect(tried).toContain(`${named[0]}.0`);
    expect(tried).toContain(named.at(-1)?.split('.')[0]);
  });

  test('P-290 expects a clean workspace, and keeps what a suite wrote, however it ended', () => {
    for (const { steps } of [suite, ci.jobs['thorough']].filter((job) => job !== undefined)) {
      const clean = steps.findIndex(({ run = '' }) => run.includes('test -z "$(git status --porcelain)"'));
      const kept = steps.findIndex((step) => step.uses?.startsWith('actions/upload-artifact@'));
      expect([clean, kept]).toEqual([steps.length - 2, steps.length - 1]);
      expect(steps[clean]?.if).toBe('${{ !cancelled() }}');
      expect(steps[kept]).toMatchObject({ if: 'always()', with: { path: 'test-results' } });
    }
    expect(suite?.steps.find(({ run = '' }) => run.includes('npm run "$SCRIPT"'))?.run).toContain(
      'tee "test-results/$SUITE.log"',
    );
  });

  test('P-290 skips the suites when documents alone have changed, and checks those all the same', () => {
    const condition = "needs.scope.outputs.code == 'true'";
    expect(suite?.if).toBe(condition);
    expect(ci.jobs['thorough']?.if).toContain(condition);
    expect(ci.jobs['documents']?.if).toBeUndefined();
    const { run = '' } = ci.jobs['scope']?.steps.at(-1) ?? {};
    const documents = new RegExp(/grep -qvE '([^']+)'/.exec(run)?.[1] ?? '(?!)');
    expect(['README.md', 'docs/api.md', 'docs/x.png', 'LICENSE'].every((path) => documents.test(path))).toBe(true);
    expect(['http/main.ts', 'package.json', '.github/workflows/ci.yml'].some((path) => documents.test(path))).toBe(
      false,
    );
  });
});

/** The decision itself, in a repository of its own: `change` is what a branch does to it. */
function codeOf(change: (at: string, git: (...args: string[]) => string) => void, base?: string): string {
  const at = scratch();
  const env = { PATH: process.env['PATH'] ?? '', HOME: at, GIT_CONFIG_NOSYSTEM: '1' };
  const git = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync('git', ['-C', at, ...args], { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  const commit = (): string => {
    git('add', '-A');
    git('-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '-q', '-m', 'a');
    return git('rev-parse', 'HEAD');
  };
  git('init', '-q');
  for (const folder of ['http', 'docs']) mkdirSync(join(at, folder));
  writeFileSync(join(at, 'http/main.ts'), 'export const one = 1;\n'.repeat(20));
  writeFileSync(join(at, 'README.md'), 'one');
  const before = commit();
  change(at, git);
  commit();
  const output = join(at, '.git/output');
  const { run = '' } = workflow('ci.yml').jobs['scope']?.steps.at(-1) ?? {};
  const decided = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], {
    cwd: at,
    env: { ...env, BASE: base ?? before, GITHUB_OUTPUT: output },
    encoding: 'utf8',
  });
  expect(decided.stderr).toBe('');
  expect(decided.status).toBe(0);
  return readFileSync(output, 'utf8').trim();
}

test('P-290 a change of code is one, however large it is and however it looks', () => {
  const edit = (at: string): void => writeFileSync(join(at, 'README.md'), 'two');
  expect(codeOf(edit)).toBe('code=false');
  expect(codeOf(edit, '0'.repeat(40))).toBe('code=true');
  expect(codeOf((at) => writeFileSync(join(at, 'http/main.ts'), ''))).toBe('code=true');
  // Git would tell the new name only.
  expect(codeOf((_, git) => void git('mv', 'http/main.ts', 'docs/main.md'))).toBe('code=true');
  // More names than a pipe holds, the first of which decides.
  const many = (at: string): void => {
    for (let n = 0; n < 1_500; n += 1) writeFileSync(join(at, 'http', `${'long'.repeat(20)}-${n}.ts`), '');
  };
  expect(codeOf(many)).toBe('code=true');
});

test('P-290 a change of documents alone meets every unit test that reads one', () => {
  const { stdout } = spawnSync('git', ['-C', root, 'ls-files', '-z', '*.test.ts'], { encoding: 'utf8' });
  const readers = stdout.split('\0').filter((path) => {
    const source = path === '' ? '' : readFileSync(join(root, path), 'utf8');
    return source.includes('docs/') && source.includes('readFileSync');
  });
  expect(readers.length).toBeGreaterThan(5);
  const commands = workflow('ci.yml').jobs['documents']?.steps.map(({ run = '' }) => run) ?? [];
  const tried = commands.find((run) => run.startsWith('npm run test:unit -- '))?.split(' ') ?? [];
  expect(readers.filter((path) => !tried.includes(path))).toEqual([]);
  expect(tried.slice(4).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(commands).toContain('npm run test:parity -- docs');
});

test('P-290 what needs root runs as root', () => {
  const commands = workflow('ci.yml').jobs['thorough']?.steps.map(({ run = '' }) => run) ?? [];
  expect(commands).toContain('sudo env "PATH=$PATH" npm run verify:all');
});

describe('image', () => {
  const image = workflow('image.yml');
  const steps = stepsOf(image);

  test('P-291 is published from main and from version tags, to the registry of this repository', () => {
    expect(image.on).toEqual({ push: { branches: ['main'], tags: ['v*'] } });
    const [meta] = uses(steps, 'docker/metadata-action');
    expect(meta?.with?.['images']).toBe('${{ env.REGISTRY }}/${{ github.repository }}');
    expect(image.jobs['publish']?.permissions).toEqual({ contents: 'read', packages: 'write' });
  });

  test('P-291 is called latest, by its tag, and by its short hash', () => {
    const [meta] = uses(steps, 'docker/metadata-action');
    expect(String(meta?.with?.['tags']).trim().split('\n')).toEqual([
      'type=raw,value=latest,enable={{is_default_branch}}',
      'type=ref,event=tag',
      'type=sha,format=short,prefix=',
    ]);
  });

  test('P-291 is for both architectures, with provenance and a bill of materials', () => {
    const [build] = uses(steps, 'docker/build-push-action');
    expect(build?.with).toMatchObject({
      platforms: 'linux/amd64,linux/arm64',
      push: true,
      provenance: 'mode=max',
      sbom: true,
    });
  });
});

describe('release', () => {
  const release = workflow('release.yml');
  const runs = stepsOf(release).map(({ run = '' }) => run);
  const at = (words: string): number => runs.findIndex((run) => run.includes(words));

  test('P-292 takes a snapshot, verifies it, and only then publishes tarball, lock and checksums', () => {
    expect(release.on).toEqual({ push: { tags: ['v*'] } });
    const order = [at('npm run ops:snapshot'), at('sha256sum --check'), at('gh release create')];
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
    expect(runs[order[1] ?? 0]).toContain('.tarball_sha256');
    expect(runs[order[2] ?? 0]).toMatch(/ \*\.tar\.gz \*\.json SHA256SUMS$/);
  });

  test('P-292 its verification takes the snapshot that the script makes, and no other', async () => {
    const folder = scratch();
    const [snapshot = ''] = runs.filter((run) => run.includes('npm run ops:snapshot'));
    const [verify = ''] = runs.filter((run) => run.includes('sha256sum --check'));
    const options = snapshot
      .replace(/^.*? -- /, '')
      .replace('"$VERSION"', 'v9.9.9')
      .split(' ');
    const made = npmScript('ops:snapshot', [...options.slice(0, -1), folder]);
    expect([await made.ended, made.lines.stderr]).toEqual([0, []]);
    const check = () => spawnSync('bash', ['-e', '-o', 'pipefail', '-c', verify], { cwd: folder, encoding: 'utf8' });
    expect(check()).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(folder)).toContain('SHA256SUMS');
    const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tar.gz'));
    appendFileSync(join(folder, tarball), 'x');
    expect(check().status).not.toBe(0);
  });
});
