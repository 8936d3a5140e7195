import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSettings } from './settings.ts';
import { type AuthRequest, verify } from './verify.ts';

const settings = readSettings({
  PROXY_API_KEY: 'k 1',
  PROXY_CORS_ALLOWED_ORIGINS: 'https://a.example/, app://obsidian.md',
});
const request = (changed: Partial<AuthRequest> = {}): AuthRequest => ({
  method: 'GET',
  target: '/verify',
  authorization: '',
  origin: '',
  requestHeaders: '',
  ...changed,
});

describe('verify', () => {
  test('lets nobody in without the key, whatever is sent', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.string().map((text) => `Bearer ${text}`),
    );
    fc.assert(
      fc.property(anything, anything, anything, (authorization, target, origin) => {
        for (const at of [target, '/verify']) {
          const { status } = verify(request({ authorization, target: at, origin }), settings);
          const has = /^\s*bearer\s+k 1\s*$/i.test(authorization);
          expect(status === 200 && at.split('?')[0] !== '/healthz').toBe(has && at.split('?')[0] === '/verify');
        }
      }),
    );
  });

  test('knows the key behind a scheme word in any case and any blanks', () => {
    for (const authorization of ['Bearer k 1', 'bearer k 1', 'BEARER \t k 1  ', '  Bearer k 1'])
      expect(verify(request({ authorization }), settings)).toMatchObject({
        status: 200,
        body: { ok: true },
        headers: { 'x-auth-subject': 'api' },
      });
    for (const authorization of ['Bearer', 'Bearer ', 'Bearerk 1', 'k 1', 'Basic k 1', 'Bearer k  1', 'Bearer K 1'])
      expect(verify(request({ authorization }), settings).status).toBe(401);
  });

  test('allows credentials for origins on the list only, and echoes no other', () => {
    const wide = readSettings({ PROXY_CORS_ALLOWED_ORIGINS: '*,http://localhost' });
    const told = (origin: string, with_ = settings) => {
      const { headers } = verify(request({ origin }), with_);
      return [headers['access-control-allow-origin'], headers['access-control-allow-credentials'], headers['vary']];
    };
    expect(told('https://A.example')).toEqual(['https://A.example', 'true', 'origin']);
    expect(told('https://evil.example')).toEqual([undefined, undefined, 'origin']);
    expect(told('https://evil.example', wide)).toEqual(['https://evil.example', undefined, 'origin']);
    expect(told('http://localhost:5173', wide)).toEqual(['http://localhost:5173', 'true', 'origin']);
    expect(told('', wide)).toEqual([undefined, undefined, 'origin']);
    expect(told('https://a.example\r\nx: y')).toEqual([undefined, undefined, 'origin']);
  });
});

describe('readSettings', () => {
  test('has the defaults that are documented', () => {
    expect(readSettings({})).toEqual({ port: 8080, host: '127.0.0.1', realm: 'api', keyDigest: null, origins: [] });
  });

  test.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PROXY_API_KEY', 'secret\u00e9secret'],
    ['AUTH_REALM', 'a "b"'],
    ['PROXY_HOST', 'a b'],
    ['PROXY_CORS_ALLOWED_ORIGINS', 'a.example'],
    ['PROXY_CORS_ALLOWED_ORIGINS', Array.from({ length: 300 }, () => '*').join()],
  ])('%s is refused by its name, without its value', (name, value) => {
    expect(() => readSettings({ [name]: value })).toThrow(new RegExp(`^${name}: expected (?!.*secret)`));
  });
});
