import { describe, expect, it, vi } from 'vitest';
import { candidates, loadUws } from './uws.ts';

const host = { platform: 'linux', arch: 'x64', node: '22.18.0' };
const refuse = (alias: string): never => {
  throw new Error(`${alias} needs GLIBC_2.38\nRequire stack: …`);
};

describe('the loader', () => {
  it('tries the newest build first, and the older one where it exists', () => {
    expect(candidates(host).map(([, alias]) => alias)).toEqual(['uws-20.69-node22', 'uWebSockets.js']);
    expect(candidates({ ...host, node: '24.1.0' }).map(([, alias]) => alias)).toEqual(['uws-20.69-node24']);
    expect(candidates({ ...host, arch: 'arm64' }).map(([, alias]) => alias)).toEqual([
      'uws-20.69-node22-linux-arm64',
      'uws-20.51-node22-linux-arm64',
    ]);
  });

  it('tries only the build that is pinned', () => {
    expect(candidates(host, '20.51').map(([build]) => build)).toEqual(['20.51']);
  });

  it('limits the headers before the binary is loaded, whatever environment it is given', () => {
    vi.stubEnv('UWS_HTTP_MAX_HEADERS_SIZE', undefined);
    const seen: unknown[] = [];
    loadUws({}, () => {
      seen.push(process.env['UWS_HTTP_MAX_HEADERS_SIZE']);
      return {};
    });
    vi.unstubAllEnvs();
    expect(seen).toEqual(['16384']);
  });

  it('lists in one error why each build was refused', () => {
    expect(() => loadUws({}, refuse)).toThrow(
      /no uWebSockets\.js build could be loaded .*: uws-20\.69[^:]*: .*GLIBC_2\.38/,
    );
  });

  it('refuses a pin that is no build', () => {
    expect(() => loadUws({ UWS_BUILD: '19' }, refuse)).toThrow('UWS_BUILD must be 20.69 or 20.51, not "19"');
  });
});
