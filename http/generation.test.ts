import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { bodyBytes } from './body-bytes.ts';
import type { Endpoint } from './endpoint.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { limits } from './limits.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';
import { closeFronts, type RunningFront, startFront, withKey } from '../testkit/front-end.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const { uws } = loadUws();
afterEach(closeFronts);

const start = async (responses: Endpoint = responsesEndpoint): Promise<RunningFront> => {
  const front = await startFront({ createServer, uws, responses, chat: chatEndpoint });
  return front;
};

const question = (more = {}) => JSON.stringify({ model: 'codex-5', input: 'hi', ...more });
const post = ({ port }: RunningFront, body: string) =>
  ask(port, '/v1/responses', { method: 'POST', headers: withKey, body });

it.each([
  [
    'cannot be projected',
    {
      stream: () => {
        throw new Error('bug');
      },
    },
  ],
])('ends the turn of a response that %s', async (_, broken) => {
  const front = await start({ ...responsesEndpoint, ...broken });
  const opened = front.service.next();
  const answer = post(front, question({ stream: true }));
  const response = await opened;
  await response.left;
  expect(response.readers).toBe(0);
  expect((await answer).status).toBe(500);
});

it.each([
  ['/v1/responses', { input: 'hi' }],
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }], n: 2 }],
])('%s: what was asked is not kept while the answer is read', async (path, body) => {
  for (const stream of [true, false]) {
    const front = await start();
    const opened = front.service.next();
    const sent = JSON.stringify({ model: 'codex-5', store: false, stream, ...body });
    const answer = ask(front.port, path, { method: 'POST', headers: withKey, body: sent });
    await opened;
    const items = front.service.opened.map(({ request }) => new WeakRef(request.turn.items));
    for (const response of front.service.opened) response.forget();
    // Two turns of the event loop: what has just run is still on the stack of the one that called it.
    for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate);
    collectGarbage();
    expect(items.map((one) => one.deref())).toEqual(items.map(() => undefined));
    for (const response of front.service.opened) response.answer('x');
    expect((await answer).status).toBe(200);
  }
});

describe('a failure', () => {
  it.each([true, false])('names what was ignored, as an answer does (stream: %s)', async (stream) => {
    const front = await start();
    const opened = front.service.next();
    const answer = post(front, question({ stream, temperature: 0.1 }));
    (await opened).fail({ code: 'upstream_error' });
    const { status, headers } = await answer;
    expect(status).toBe(502);
    expect(headers['x-proxy-ignored-params']).toContain('temperature');
    expect(headers['x-proxy-trace-id']).toBe(headers['x-request-id']);
  });

  it('to be signed in does so, too', async () => {
    const front = await start();
    front.service.state = { state: 'signedOut', offer: null };
    const { status, headers } = await post(front, question({ temperature: 0.1 }));
    expect([status, headers['x-proxy-ignored-params']]).toEqual([401, expect.stringContaining('temperature')]);
  });
});

describe('bodies', () => {
  it('are refused while the gateway holds as many bytes of them as it may, and not after', async () => {
    const front = await start();
    const others = bodyBytes.hold();
    others.take(limits.bodiesBytesMax - 10);
    const refused = await post(front, question());
    expect([refused.status, refused.headers['retry-after'], JSON.parse(refused.text).error.code]).toEqual([
      429,
      '1',
      'worker_busy',
    ]);
    others.release();
    const opened = front.service.next();
    const answer = post(front, question());
    (await opened).answer('x');
    expect((await answer).status).toBe(200);
  });

  it.each([
    ['an answer', withKey, question()],
    ['bad JSON', withKey, '{bad'],
    ['bad encoding', { ...withKey, 'content-encoding': 'gzip' }, 'nope'],
    ['too much', withKey, 'x'.repeat(1_000_001)],
  ])('are given back after %s', async (_, headers, body) => {
    const front = await start();
    const opened = front.service.next();
    const answer = ask(front.port, '/v1/responses', { method: 'POST', headers, body });
    void opened.then((response) => {
      // While the answer is under way, too.
      expect(bodyBytes.held).toBe(0);
      response.answer('x');
    });
    await answer;
    expect(bodyBytes.held).toBe(0);
  });

  it('are given back when the client leaves in their middle', async () => {
    const { port } = await start();
    const connection = new RawConnection(port);
    connection.request('POST', '/v1/responses', { ...withKey, 'content-length': '50000' }, 'x'.repeat(1_000));
    while (bodyBytes.held === 0) await new Promise(setImmediate);
    connection.leave();
    while (bodyBytes.held > 0) await new Promise(setImmediate);
  });
});
