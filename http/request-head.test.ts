import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { createServer } from './server.ts';
import { type RequestHead, readHead } from './request-head.ts';
import { loadUws } from './uws.ts';
import type { HttpRequest, HttpResponse } from './uws-types.ts';
import { type RunningFront, startFront, withKey } from '../testkit/front-end.ts';
import { RawConnection } from '../testkit/raw-client.ts';

const { uws } = loadUws();
let front: RunningFront;

beforeAll(async () => {
  front = await startFront({ createServer, uws, responses: responsesEndpoint, chat: chatEndpoint });
});

afterAll(async () => {
  await front.server.close(1_000);
});

const sent = async (method: string, lengths: readonly number[], body: string): Promise<string> => {
  const lines = [
    `${method} /v1/responses HTTP/1.1`,
    'host: localhost',
    `authorization: ${withKey.authorization}`,
    ...lengths.map((length) => `content-length: ${length}`),
  ];
  const connection = new RawConnection(front.port).send(`${lines.join('\r\n')}\r\n\r\n${body}`);
  await connection.closed;
  return connection.received;
};

describe('several Content-Length headers', () => {
  it.each([
    [[3, 5], 'abcde'],
    [[5, 3], 'ab'],
    [[0, 5], ''],
    [[70_000, 5], 'abcde'],
  ])('of %j are refused, and the connection ends', async (lengths, body) => {
    const answer = await sent('POST', lengths, body);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer.match(/connection: close\r\n/gi)).toHaveLength(1);
    expect(answer).toContain('"code":"invalid_request_error"');
  });

  it('answer HEAD without a body', async () => {
    expect(await sent('HEAD', [3, 5], '')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^{]*\r\n\r\n$/);
  });

  it('never let what follows pass as a second request', async () => {
    const answer = await sent('POST', [3, 60], 'abcGET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n');
    expect(answer).not.toContain('liveness');
  });

  it('that agree are one', async () => {
    const connection = new RawConnection(front.port);
    const twice = 'content-length: 2\r\ncontent-length: 2';
    const key = `authorization: ${withKey.authorization}`;
    connection.send(`POST /v1/responses HTTP/1.1\r\nhost: localhost\r\n${key}\r\n${twice}\r\n\r\n{}`);
    expect(await connection.until('"code"')).toContain('"code":"model_required"');
    connection.request('GET', '/livez');
    expect(await connection.until('"liveness"')).toContain('HTTP/1.1 200');
    connection.leave();
  });
});

describe('the headers of a request', () => {
  const lines = fc.array(
    fc.tuple(
      fc.constantFrom('host', 'authorization', 'content-length', 'x-forwarded-for', 'x'),
      fc.constantFrom('1', '2', '10.0.0.1', 'Bearer a', 'Bearer b', 'Bearer aa', ''),
    ),
    { maxLength: 6 },
  );
  const read = (all: readonly (readonly [string, string])[]): RequestHead => {
    const response = { getRemoteAddress: () => new Uint8Array([127, 0, 0, 1]).buffer } as unknown as HttpResponse;
    const request: HttpRequest = {
      getMethod: () => 'get',
      getUrl: () => '/',
      getQuery: () => undefined,
      forEach: (each) => {
        for (const [name, value] of all) each(name, value);
      },
    };
    return readHead(response, request, () => false);
  };

  it('are its own, whichever came before it, and once in memory where they are the same', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(lines, fc.integer({ min: 1, max: 3 })), { maxLength: 8 }), (requests) => {
        for (const [all, times] of requests) {
          const heads = Array.from({ length: times }, () => read(all));
          const names = new Set(all.map(([name]) => name));
          const lengths = new Set(all.filter(([name]) => name === 'content-length').map(([, value]) => value));
          for (const head of heads) {
            expect([...head.headers.keys()]).toEqual([...names]);
            expect(head.headers).toBe(heads[0]?.headers);
            expect(head.lengthsDiffer).toBe(lengths.size > 1);
            for (const name of names) {
              const values = all.filter(([one]) => one === name).map(([, value]) => value);
              expect(head.header(name)).toBe(name === 'x-forwarded-for' ? values.join(', ') : values[0]);
            }
          }
        }
      }),
    );
  });
});
