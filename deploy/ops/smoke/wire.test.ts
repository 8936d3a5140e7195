import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Refusal } from '../refusal.ts';
import { ask, at, baseUrl, isNear, type Target } from './wire.ts';

async function serving(listener: RequestListener, more: Partial<Target> = {}): Promise<Target> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { label: 'test', base: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), ...more };
}

test.each([
  ['codex.example.org', 'https://codex.example.org/'],
  ['127.0.0.1:8443', 'https://127.0.0.1:8443/'],
  ['http://127.0.0.1:18000/v1/', 'http://127.0.0.1:18000/'],
  ['https://example.org/codex/v1', 'https://example.org/codex'],
])('%s is %s', (text, href) => {
  expect(baseUrl('BASE_URL', text).href).toBe(href);
});

test.each(['ftp://a', 'https://user:word@a', 'http://a?b=c', 'a b'])('%s is refused', (text) => {
  expect(() => baseUrl('BASE_URL', text)).toThrow(Refusal);
});

test('the key goes where it is verified or local, under the name of the site', async () => {
  const seen: unknown[] = [];
  const target = await serving(
    ({ headers: { host, authorization } }, response) => {
      seen.push([host, authorization]);
      response.end('{"a":[{"b":1}]}');
    },
    { key: 'k', site: 'codex.example.org' },
  );
  const { json } = await ask(target, '/', { timeoutMs: 5000 });
  await ask(target, '/', { timeoutMs: 5000, bare: true });
  expect(seen).toEqual([
    ['codex.example.org', 'Bearer k'],
    ['codex.example.org', undefined],
  ]);
  expect([at(json, 'a', 0, 'b'), at(json, 'a', 'b', 'c')]).toEqual([1, undefined]);
  const far = { label: 'far', base: new URL('http://203.0.113.1'), key: 'k' };
  expect(() => ask(far, '/', { timeoutMs: 10 })).toThrow(/would travel in the clear/);
});

test('a silent server, a broken answer and nobody there are failures that say so', async () => {
  const silent = await serving(() => undefined);
  await expect(ask(silent, '/x', { timeoutMs: 50 })).rejects.toThrow(
    /GET http:.*\/x: no complete answer within 0.05 s/,
  );
  const broken = await serving((_, response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('half', () => response.destroy());
  });
  await expect(ask(broken, '/', { timeoutMs: 5000 })).rejects.toThrow(/broken off after 4 characters/);
  const nobody = { label: 'nobody', base: new URL('http://127.0.0.1:1') };
  await expect(ask(nobody, '/', { timeoutMs: 5000 })).rejects.toThrow(/ECONNREFUSED/);
});

test('a reader that has seen enough leaves', async () => {
  const target = await serving((_, response) => void response.write('one\n'));
  const { text, status } = await ask(target, '/', { timeoutMs: 5000, reading: (soFar) => !soFar.includes('one') });
  expect([status, text]).toEqual([200, 'one\n']);
});

test('near are this machine and private networks, by address or by a name of their own', () => {
  const near = [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '10.1.2.3',
    '172.17.0.2',
    '192.168.1.5',
    '[fd00::1]',
    '[fe80::1]',
    'app',
    'nas.local',
  ];
  const far = [
    '203.0.113.1',
    '172.32.0.1',
    '11.0.0.1',
    '[2001:db8::1]',
    'codex.example.org',
    '10.example.org',
    'local.example.org',
  ];
  expect([...near, ...far].filter((host) => isNear(new URL(`http://${host}:11435`)))).toEqual(near);
});
