// When a tree counts as complete: what npm left must be enough, what an interrupted or foreign install left must not.

import { describe, expect, it } from 'vitest';
import { missingNative, missingRequired } from './launch-complete.mjs';

const wanted = {
  '': { name: 'p' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/a/node_modules/b': { version: '2.0.0', integrity: 'sha512-b' },
  'node_modules/dev': { version: '3.0.0', integrity: 'sha512-d', dev: true },
  'node_modules/both': { version: '4.0.0', integrity: 'sha512-e', devOptional: true },
  'node_modules/native': { version: '5.0.0', optional: true },
  'node_modules/link': { link: true, resolved: 'link' },
};
const without = (...names) => Object.fromEntries(Object.entries(wanted).filter(([path]) => !names.includes(path)));

describe('missingRequired', () => {
  it('is empty for what npm ci leaves, without optional entries and links', () => {
    expect(missingRequired(wanted, without('', 'node_modules/native', 'node_modules/link'))).toEqual([]);
  });

  it('names everything where there is no hidden lock', () => {
    expect(missingRequired(wanted, {})).toEqual(['a', 'b', 'dev', 'both']);
  });

  it('names a package of another version', () => {
    expect(missingRequired(wanted, { ...wanted, 'node_modules/a': { version: '1.0.1' } })).toEqual(['a']);
  });

  it('names a package of the same version with other contents', () => {
    const other = { version: '1.0.0', integrity: 'sha512-x' };
    expect(missingRequired(wanted, { ...wanted, 'node_modules/a': other })).toEqual(['a']);
  });

  it('refuses a tree without development packages by default', () => {
    expect(missingRequired(wanted, without('node_modules/dev', 'node_modules/both'))).toEqual(['dev', 'both']);
  });

  it('accepts a tree without development packages where the caller does', () => {
    const found = without('node_modules/dev', 'node_modules/both');
    expect(missingRequired(wanted, found, { productionOk: true })).toEqual([]);
  });
});

describe('missingNative', () => {
  const facts = { platform: 'linux', arch: 'x64', version: '22.23.3' };
  const lock = {
    'node_modules/uWebSockets.js': { name: '@uwsjs/linux-x64-22', version: '20.51.4', integrity: 'sha512-1' },
    'node_modules/uws-20.69-node22': { name: '@uwsjs/linux-x64-22', version: '20.69.0', integrity: 'sha512-2' },
    'node_modules/uws-20.69-node24': { name: '@uwsjs/linux-x64-24', version: '20.69.0', integrity: 'sha512-3' },
    'node_modules/@openai/codex-linux-x64': { version: '0.169.0-linux-x64', integrity: 'sha512-4' },
  };
  const pick = (...names) =>
    Object.fromEntries(names.map((name) => [`node_modules/${name}`, lock[`node_modules/${name}`]]));

  it('is content with one uWebSockets.js build of this major and the CLI', () => {
    expect(missingNative(lock, pick('uWebSockets.js', '@openai/codex-linux-x64'), facts)).toEqual([]);
  });

  it('does not count a uWebSockets.js build of another major', () => {
    expect(missingNative(lock, pick('uws-20.69-node24', '@openai/codex-linux-x64'), facts)).toEqual([
      'uWebSockets.js (@uwsjs/linux-x64-22)',
    ]);
  });

  it('names the CLI of this platform', () => {
    expect(missingNative(lock, pick('uWebSockets.js'), facts)).toEqual(['@openai/codex-linux-x64']);
  });

  it('does not count a build that the lock does not name', () => {
    const found = { 'node_modules/uws': { name: '@uwsjs/linux-x64-22', version: '9.9.9' } };
    expect(missingNative({ '': {} }, found, facts)).toHaveLength(2);
  });
});
