// The table of which Node runs where, row by row.

import { describe, expect, it } from 'vitest';
import { atLeast, chooseNode } from './launch-node.mjs';

const linux = (version, glibc, more = {}) =>
  chooseNode({ platform: 'linux', arch: 'x64', version, glibc, ...more }).use;

describe('chooseNode', () => {
  it.each([
    ['22.18.0', '2.36', 'host'],
    ['22.23.3', '2.27', 'host'],
    ['22.23.3', '2.41', 'host'],
    ['22.17.1', '2.41', 'fetched'],
    ['22.0.0', '2.36', 'fetched'],
    ['18.20.8', '2.36', 'fetched'],
    ['20.20.2', '2.36', 'fetched'],
    ['23.11.0', '2.41', 'fetched'],
    ['25.1.0', '2.41', 'fetched'],
    ['28.0.0', '2.41', 'fetched'],
    ['24.21.0', '2.36', 'fetched'],
    ['24.21.0', '2.38', 'host'],
    ['26.0.0', '2.41', 'host'],
    ['22.23.3', '2.17', 'stop'],
  ])('Linux x64, Node %s, glibc %s: %s', (version, glibc, use) => {
    expect(linux(version, glibc)).toBe(use);
  });

  it('stops without glibc and names images that have it', () => {
    const choice = chooseNode({ platform: 'linux', arch: 'x64', version: '22.23.3', glibc: undefined });
    expect(choice).toMatchObject({ use: 'stop', reason: expect.stringContaining('node:22-bookworm-slim') });
  });

  it('stops without glibc even where the toolchain is forced', () => {
    expect(linux('22.23.3', undefined, { force: true })).toBe('stop');
  });

  it('takes the fetched Node on a good host where the toolchain is forced', () => {
    expect(linux('22.23.3', '2.36', { force: true })).toBe('fetched');
  });

  it.each([
    ['darwin', 'arm64', '22.23.3', 'host'],
    ['darwin', 'arm64', '24.21.0', 'fetched'],
    ['win32', 'x64', '20.20.2', 'fetched'],
    ['freebsd', 'x64', '22.23.3', 'stop'],
    ['win32', 'ia32', '22.23.3', 'stop'],
  ])('%s %s, Node %s: %s', (platform, arch, version, use) => {
    expect(chooseNode({ platform, arch, version, glibc: undefined }).use).toBe(use);
  });

  it('takes only major 22 on Linux arm64', () => {
    expect(linux('24.21.0', '2.41', { arch: 'arm64' })).toBe('fetched');
  });
});

describe('atLeast', () => {
  it('compares numbers, not text', () => {
    expect(atLeast('2.4', '2.38')).toBe(false);
    expect(atLeast('2.100', '2.38')).toBe(true);
  });
});
