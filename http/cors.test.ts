import { describe, expect, it } from 'vitest';
import { type CorsPolicy, corsHeaders } from './cors.ts';
import { answerHeaders, headerBlock, retryHeaders } from './headers.ts';
import { outputHeaders } from './output-headers.ts';
import { entryHeaders, StreamGuard } from './stream-guard.ts';

const policy = (origins: readonly string[], defaultKey = false): CorsPolicy => ({ enabled: true, origins, defaultKey });
const any = policy(['*']);
const listed = policy(['https://app.example/', 'http://localhost', 'app://obsidian.md']);
const untrusted = policy(['*', 'https://app.example'], true);
const none = [undefined, undefined];

const allowed = (origin: string, using: CorsPolicy, preflight: Parameters<typeof corsHeaders>[2] = null) => {
  const headers = new Map(corsHeaders(origin, using, preflight));
  return [headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')];
};

describe('allowed origins', () => {
  it.each([
    ['', any, ['*', undefined]],
    ['https://evil.example', any, ['https://evil.example', undefined]],
    ['null', any, ['null', undefined]],
    ['', listed, none],
    ['https://APP.example', listed, ['https://APP.example', 'true']],
    ['https://app.example/', listed, ['https://app.example/', 'true']],
    ['https://app.example:8443', listed, none],
    ['http://app.example', listed, none],
    ['http://localhost:5173', listed, ['http://localhost:5173', 'true']],
    ['https://localhost:5173', listed, none],
    ['app://obsidian.md', listed, ['app://obsidian.md', 'true']],
    ['app://obsidian.md.evil.example', listed, none],
    ['https://evil.example', listed, none],
    ['', untrusted, none],
    ['https://app.example', untrusted, none],
    ['app://obsidian.md', untrusted, ['app://obsidian.md', 'true']],
    ['capacitor://localhost', untrusted, ['capacitor://localhost', 'true']],
    ['capacitor://localhost:99', untrusted, none],
    ['http://localhost:3000', untrusted, ['http://localhost:3000', 'true']],
    ['http://127.0.0.1:1', untrusted, ['http://127.0.0.1:1', 'true']],
    ['http://[::1]:5173', untrusted, ['http://[::1]:5173', 'true']],
    ['http://[::2]:5173', untrusted, none],
    ['http://localhost.evil.example', untrusted, none],
    ['http://127.0.0.1.evil.example:80', untrusted, none],
    ['https://a\r\nset-cookie: x', any, none],
  ] as const)('%j under %j', (origin, using, expected) => {
    expect(allowed(origin, using)).toEqual(expected);
  });

  it('sends nothing at all when switched off', () => {
    expect(corsHeaders('https://app.example', { ...any, enabled: false }, null)).toEqual([]);
  });

  it('never allows credentials for an origin that only * covers', () => {
    expect(allowed('https://evil.example', policy(['*', 'https://app.example']))).toEqual([
      'https://evil.example',
      undefined,
    ]);
  });
});

it('P-223 lets a page read every header that an answer of ours may have', () => {
  const guard = new StreamGuard(1);
  const told = { target: 'a', reroutedModel: 'b', titleModel: null, usageEstimated: true };
  const ours = [
    ...headerBlock([], 'id', 0)
      .join(': ')
      .split('\r\n')
      .map((line) => line.split(': ') as [string, string]),
    ...answerHeaders(['n'], told),
    ...retryHeaders(true, 1),
    ...outputHeaders({ mode: 'openai-json', stopMode: 'burst' }, []),
    ...entryHeaders(guard.enter(), 1),
  ].map(([name]) => name);
  const [first, ...exposed] = (
    new Map(corsHeaders('app://obsidian.md', any, null)).get('access-control-expose-headers') ?? ''
  ).split(', ');
  expect(first).toBe('content-type');
  expect(exposed).toEqual(expect.arrayContaining(ours));
});

describe('preflight', () => {
  const asked = 'authorization, x-stainless-os, x-anything';
  const preflight = (requestHeaders: string, privateNetwork = '', origin = 'app://obsidian.md') =>
    new Map(corsHeaders(origin, untrusted, { requestHeaders, privateNetwork }));

  it('echoes the headers that were asked for', () => {
    expect(preflight(asked).get('access-control-allow-headers')).toBe(asked);
  });

  it('lists the headers of known clients when none, or nonsense, was asked for', () => {
    for (const nonsense of ['', 'a\r\nb: c', 'x'.repeat(5_000)]) {
      expect(preflight(nonsense).get('access-control-allow-headers')).toMatch(
        /^authorization, content-type, .*x-stainless-os/,
      );
    }
  });

  it('names methods, age and what the answer varies with', () => {
    const headers = preflight(asked);
    expect(headers.get('access-control-allow-methods')).toBe('GET, POST, DELETE, HEAD, OPTIONS');
    expect(headers.get('access-control-max-age')).toBe('600');
    expect(headers.get('vary')).toBe('origin, access-control-request-headers, access-control-request-method');
  });

  it('opens the private network to allowed origins only', () => {
    expect(preflight(asked, 'true').get('access-control-allow-private-network')).toBe('true');
    expect(preflight(asked).has('access-control-allow-private-network')).toBe(false);
    expect([...preflight(asked, 'true', 'https://evil.example').keys()]).toEqual(['vary']);
  });
});
