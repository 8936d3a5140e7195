/** Which Node runs the project: what `engines` says is what the launcher takes, and any other gets a clear word. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };

/** Of ranges such as `^22.18 || ^24` only. */
const satisfies = (version: string): boolean => {
  const [major, minor] = version.split('.').map(Number);
  return engines.node.split(' || ').some((range) => {
    const [wantedMajor, wantedMinor = 0] = range.replace('^', '').split('.').map(Number);
    return major === wantedMajor && (minor ?? 0) >= wantedMinor;
  });
};

/** Plain JavaScript that Node 18 can read, so without types. */
const launcher: string = join(root, 'deploy/launch-node.mjs');
interface Facts {
  readonly platform: string;
  readonly arch: string;
  readonly version: string;
  readonly glibc: string;
}
const { chooseNode } = (await import(launcher)) as { chooseNode: (facts: Facts) => { readonly use: string } };
const host = { platform: 'linux', arch: 'x64', glibc: '2.39' } as const;

test('P-254 W-61 engines names the versions that run the project, and no other', () => {
  const versions = Array.from({ length: 13 }, (_, at) => at + 16).flatMap((major) =>
    ['0.0', '12.0', '17.9', '18.0', '23.3'].map((rest) => `${major}.${rest}`),
  );
  const wrong = versions.filter((version) => (chooseNode({ ...host, version }).use === 'host') !== satisfies(version));
  expect(wrong).toEqual([]);
  expect(versions.filter(satisfies)).toContain('22.18.0');
});

const ended = (args: readonly string[]): Promise<{ code: number; stderr: string; stdout: string }> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
    execFile(process.execPath, args, { cwd: root, env, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });

test.each(['10.24.1', '16.20.2', '17.9.1'])(
  'P-254 W-61 Node %s gets one line that says what to do',
  async (version) => {
    const disguise = `Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`;
    const { code, stderr } = await ended([
      `--import=data:text/javascript,${encodeURIComponent(disguise)}`,
      'deploy/launch.mjs',
      'http/main.ts',
      '--help',
    ]);
    expect(code).toBe(1);
    expect(stderr).toBe(`launch: Node ${version} is too old to start the project; install Node 20 or later\n`);
  },
);

test('P-254 the launcher starts the server under a Node of engines', async () => {
  const { code, stdout } = await ended(['deploy/launch.mjs', '-p', 'x']).then((refused) => {
    expect(refused.code).toBe(1);
    return ended(['deploy/launch.mjs', 'http/main.ts', '--help']);
  });
  expect([code, stdout.startsWith('codex-actors: ')]).toEqual([0, true]);
  expect(satisfies(process.versions.node)).toBe(true);
});
