import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { PublicPictures, type PublicPicturesOptions } from './public-pictures.ts';

/** Taken for public here; the rest of loopback is not. */
const home = '127.0.0.1';
const running: Server[] = [];
const nothing = (): void => {};
const never = new AbortController().signal;

afterEach(() => {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, home, resolve));
  return (server.address() as AddressInfo).port;
}

const source = (options: Partial<PublicPicturesOptions> = {}): PublicPictures =>
  new PublicPictures({
    downloadsMax: 2,
    isPublic: (address) => address === home,
    resolve: () => Promise.resolve([home]),
    ...options,
  });

const get = (url: string, options?: Partial<PublicPicturesOptions>, bytesMax = 1_000) =>
  source(options).get(url, bytesMax, nothing, never);

describe('a download', () => {
  test('brings the bytes, asked for under the name, without anything of a browser', async () => {
    const asked: object[] = [];
    const port = await serve(({ url, headers }, response) => {
      asked.push({ url, ...headers });
      response.end('picture');
    });
    expect(Buffer.from((await get(`http://pictures.example:${port}/a?b=c#d`)) as Uint8Array).toString()).toBe(
      'picture',
    );
    expect(asked).toEqual([
      {
        url: '/a?b=c',
        host: `pictures.example:${port}`,
        accept: 'image/png, image/jpeg, image/gif, image/webp',
        'accept-encoding': 'identity',
        'user-agent': 'codex-actors',
        connection: 'close',
      },
    ]);
  });

  test('goes to the address that was checked, whatever the name means by then', async () => {
    const port = await serve((_, response) => response.end('picture'));
    const answers = [[home], ['169.254.169.254'], ['127.0.0.9']];
    let asked = 0;
    const resolve = (): Promise<readonly string[]> => Promise.resolve(answers[asked++] ?? []);
    expect(await get(`http://rebinding.example:${port}/`, { resolve })).toBeInstanceOf(Uint8Array);
    expect(asked).toBe(1);
  });

  test('follows three redirects, relative ones too, and no more', async () => {
    const port = await serve(({ url = '' }, response) => {
      const left = Number(url.slice(1));
      if (left === 0) response.end('picture');
      else response.writeHead(302, { location: left === 1 ? '0' : `http://other.example:${port}/${left - 1}` }).end();
    });
    const names: string[] = [];
    const resolve = (name: string): Promise<readonly string[]> => {
      names.push(name);
      return Promise.resolve([home]);
    };
    expect(await get(`http://first.example:${port}/3`, { resolve })).toBeInstanceOf(Uint8Array);
    expect(names).toEqual(['first.example', 'other.example', 'other.example', 'other.example']);
    expect(await get(`http://first.example:${port}/4`, { resolve })).toBe('unreachable');
  });

  test('tells how much comes before it is kept, and stops when told to', async () => {
    const port = await serve((_, response) => response.end(Buffer.alloc(900)));
    let taken = 0;
    const full = new Error('full');
    await source().get(`http://a.example:${port}/`, 1_000, (bytes) => (taken += bytes), never);
    expect(taken).toBe(900);
    const stop = (): void => {
      throw full;
    };
    await expect(source().get(`http://a.example:${port}/`, 1_000, stop, never)).rejects.toBe(full);
  });

  test('of the same host goes over TLS under its name, and not to a host that cannot prove it', async () => {
    let hello = '';
    const server = createSocketServer((socket) => {
      socket.on('error', nothing).on('data', (bytes) => {
        hello += bytes.toString('latin1');
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, home, resolve));
    const { port } = server.address() as AddressInfo;
    expect(await get(`https://named.example:${port}/`)).toBe('unreachable');
    expect(hello).toContain('named.example');
    server.close();
  });
});

describe('no connection is made', () => {
  const resolving = (...addresses: string[]) => ({ resolve: () => Promise.resolve(addresses) });

  test.each([
    ['a literal private address', '127.0.0.2', {}, 'address'],
    ['one that is spelled otherwise', '0x7f000002', {}, 'address'],
    ['one of IPv6', '[::1]', {}, 'address'],
    ['one within IPv6', '[::ffff:127.0.0.2]', {}, 'address'],
    ['a name of a private address', 'a.example', resolving('127.0.0.2'), 'unreachable'],
    [
      'a name with one private address among public ones',
      'a.example',
      resolving(home, home, '10.0.0.1'),
      'unreachable',
    ],
    ['a name without an address', 'a.example', resolving(), 'unreachable'],
    ['a name that cannot be resolved', 'a.example', { resolve: () => Promise.reject(new Error('x')) }, 'unreachable'],
  ])('for %s', async (_name, host, options, problem) => {
    let asked = 0;
    const port = await serve((_, response) => {
      asked += 1;
      response.end('picture');
    });
    expect(await get(`http://${host}:${port}/`, options)).toBe(problem);
    expect(asked).toBe(0);
  });

  test('for a redirect to a private address, by number or by name', async () => {
    let secrets = 0;
    const secret = await serve((_, response) => {
      secrets += 1;
      response.end('secret');
    });
    const resolve = (name: string): Promise<readonly string[]> =>
      Promise.resolve([name === 'inside.example' ? '127.0.0.2' : home]);
    const places = ['127.0.0.2', '[::ffff:7f00:2]', '2130706434', 'inside.example', 'user@outside.example'];
    for (const place of places) {
      const port = await serve((_, response) =>
        response.writeHead(307, { location: `http://${place}:${secret}/` }).end('moved'),
      );
      expect(await get(`http://outside.example:${port}/`, { resolve }), place).toBe('unreachable');
    }
    expect(secrets).toBe(0);
  });

  test('by default to anything on this host', async () => {
    const port = await serve((_, response) => response.end('picture'));
    const pictures = new PublicPictures({ downloadsMax: 1 });
    expect(await pictures.get(`http://127.0.0.1:${port}/`, 1_000, nothing, never)).toBe('address');
    expect(await pictures.get(`http://localhost:${port}/`, 1_000, nothing, never)).toBe('unreachable');
  });

  test.each([
    'ftp://a.example/b',
    'file:///etc/passwd',
    'http://user:pass@a.example/',
    'http://user@a.example/',
    'http://',
    'http://[::1',
    'x',
  ])('for %s', async (url) =>
    expect(await get(url, { resolve: () => Promise.reject(new Error('asked')) })).toBe('address'),
  );
});

describe('nothing is brought', () => {
  test.each<[string, RequestListener, string]>([
    ['a status that is not 200', (_, response) => response.writeHead(404).end('no'), 'unreachable'],
    ['a part of it', (_, response) => response.writeHead(206).end('no'), 'unreachable'],
    ['a redirect to nowhere', (_, response) => response.writeHead(302).end(), 'unreachable'],
    [
      'a compressed body',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      'unreachable',
    ],
    [
      'an announced size that is too large',
      (_, response) => response.writeHead(200, { 'content-length': '1001' }).flushHeaders(),
      'size',
    ],
    ['a size that is too large unannounced', (_, response) => void response.write(Buffer.alloc(1_001)), 'size'],
    [
      'a body that ends early',
      (_, response) => response.writeHead(200, { 'content-length': '9' }).write('x', () => response.destroy()),
      'unreachable',
    ],
    [
      'a change of protocol',
      (_, response) => response.socket?.end('HTTP/1.1 101 \r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      'unreachable',
    ],
    ['words that are not HTTP', (_, response) => response.socket?.end('hello\r\n'), 'unreachable'],
    ['no answer', (_, response) => response.socket?.destroy(), 'unreachable'],
  ])('after %s', async (_name, listener, problem) => {
    const port = await serve(listener);
    expect(await get(`http://a.example:${port}/`)).toBe(problem);
  });

  test('when too many are under way; a place is free again when one has ended', async () => {
    const port = await serve(nothing);
    const pictures = source();
    const leaver = new AbortController();
    const url = `http://a.example:${port}/`;
    const two = [1, 2].map(() => pictures.get(url, 1_000, nothing, leaver.signal));
    expect(await pictures.get(url, 1_000, nothing, never)).toBe('busy');
    leaver.abort();
    expect((await Promise.allSettled(two)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await pictures.get('http://127.0.0.2/', 1_000, nothing, never)).toBe('address');
  });

  test.each<[string, RequestListener]>([
    ['before the answer', nothing],
    ['within it', (_, response) => void response.write('x')],
  ])('when it is given up %s; its connection ends', async (_name, listener) => {
    const leaver = new AbortController();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const port = await serve((request, response) => {
      (request.socket as Socket).on('close', () => resolve());
      listener(request, response);
      setImmediate(() => leaver.abort());
    });
    await expect(source().get(`http://a.example:${port}/`, 1_000, nothing, leaver.signal)).rejects.toThrow('abort');
    await closed;
  });

  test('when it is given up while the name is resolved', async () => {
    const leaver = new AbortController();
    const resolve = (): Promise<readonly string[]> => {
      leaver.abort();
      return Promise.resolve([home]);
    };
    await expect(source({ resolve }).get('http://a.example/', 1_000, nothing, leaver.signal)).rejects.toThrow('abort');
  });
});
