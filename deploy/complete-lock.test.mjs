// The committed locks are complete on every platform, and the tool that completes them changes nothing else.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { completed, platformOf, unresolved } from './complete-lock.mjs';

const read = (path) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'));

describe.each(['package-lock.json', 'deploy/node/package-lock.json'])('%s', (path) => {
  const { packages } = read(path);
  const entries = Object.entries(packages).filter(([name]) => name !== '');

  it('names no address', () => {
    expect(entries.filter(([, entry]) => entry.resolved !== undefined).map(([name]) => name)).toEqual([]);
  });

  it('has an entry for each optional dependency of each entry', () => {
    expect(unresolved(packages)).toEqual([]);
  });

  it('leaves out the integrity of optional, foreign packages only', () => {
    // Foreign to the systems we run on ourselves: Linux x64 with glibc.
    const ours = ({ os, cpu, libc }) =>
      (!os || os.includes('linux')) && (!cpu || cpu.includes('x64')) && (!libc || libc.includes('glibc'));
    const bare = entries.filter(([, entry]) => entry.integrity === undefined);
    expect(bare.filter(([, entry]) => !entry.optional || ours(entry)).map(([name]) => name)).toEqual([]);
  });

  it('pins what package.json pins', () => {
    const manifest = read(path.replace('package-lock', 'package'));
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      expect(packages[''][kind]).toEqual(manifest[kind]);
      for (const spec of Object.values(manifest[kind] ?? {})) expect(spec).toMatch(/^(npm:.+@)?\d+\.\d+\.\d+$/);
    }
  });
});

describe('completed', () => {
  const lock = {
    lockfileVersion: 3,
    packages: {
      '': { optionalDependencies: { alias: 'npm:@uwsjs/linux-arm64-22@20.69.0' } },
      'node_modules/a': {
        version: '1.0.0',
        dev: true,
        optionalDependencies: { '@a/b-darwin-arm64': '1.0.0', c: '2.0.0' },
      },
      'node_modules/a/node_modules/c': { version: '2.0.0', optional: true },
    },
  };

  it('adds what does not resolve, in order, and keeps what does', () => {
    expect(Object.keys(completed(lock).lock.packages)).toEqual([
      '',
      'node_modules/@a/b-darwin-arm64',
      'node_modules/a',
      'node_modules/a/node_modules/c',
      'node_modules/alias',
    ]);
  });

  it('marks a development dependency and its platform', () => {
    expect(completed(lock).lock.packages['node_modules/@a/b-darwin-arm64']).toEqual({
      version: '1.0.0',
      cpu: ['arm64'],
      dev: true,
      optional: true,
      os: ['darwin'],
    });
  });

  it('keeps the true name of an alias', () => {
    expect(completed(lock).lock.packages['node_modules/alias']).toMatchObject({
      name: '@uwsjs/linux-arm64-22',
      libc: ['glibc'],
    });
  });

  it('does nothing the second time', () => {
    expect(completed(completed(lock).lock).added).toEqual([]);
  });

  it('refuses a spec that is not exact', () => {
    const loose = { packages: { '': { optionalDependencies: { 'x-darwin-x64': '^1.0.0' } } } };
    expect(() => completed(loose)).toThrow('not an exact version');
  });
});

describe('platformOf', () => {
  it.each([
    ['@oxlint/binding-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
    ['@oxlint/binding-linux-arm-musleabihf', { os: ['linux'], cpu: ['arm'], libc: ['musl'] }],
    ['@oxlint/binding-android-arm-eabi', { os: ['android'], cpu: ['arm'] }],
    ['@biomejs/cli-win32-x64', { os: ['win32'], cpu: ['x64'] }],
  ])('%s', (name, platform) => {
    expect(platformOf(name)).toEqual(platform);
  });
});
