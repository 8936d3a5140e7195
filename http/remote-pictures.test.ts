import { createServer as createWebServer, type RequestListener, type Server as WebServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { PictureProblem, PictureSource } from '../actors/seams.ts';
import type { JsonObject } from '../actors/turn.ts';
import { closeFronts, type RunningFront, startFront, testSettings, withKey } from '../testkit/front-end.ts';
import { claimedJpeg, dataUrl, gif, jpeg, png } from '../testkit/pictures.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import { PublicPictures } from '../transport/public-pictures.ts';
import { bodyBytes } from './body-bytes.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import type { FrontSettings } from './front.ts';
import { limits } from './limits.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
const webs: WebServer[] = [];
afterEach(async () => {
  for (const web of webs.splice(0)) web.close().closeAllConnections();
  await closeFronts();
  expect(bodyBytes.held).toBe(0);
});

/** The Internet of these tests: one server on loopback. */
async function web(listener: RequestListener): Promise<string> {
  const server = createWebServer(listener);
  webs.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://pictures.example:${(server.address() as AddressInfo).port}`;
}

const internet = (): PictureSource =>
  new PublicPictures({
    downloadsMax: limits.downloadsMax,
    isPublic: (address) => address === '127.0.0.1',
    resolve: () => Promise.resolve(['127.0.0.1']),
  });

class Front {
  readonly running: RunningFront;

  constructor(running: RunningFront) {
    this.running = running;
  }

  post(path: string, body: object) {
    const sent = JSON.stringify({ model: 'codex-5', ...body });
    return ask(this.running.port, path, { method: 'POST', headers: withKey, body: sent });
  }

  /** The items that the runtime gets. */
  async items(path: string, body: object): Promise<readonly JsonObject[]> {
    const opened = this.running.service.next();
    const answer = this.post(path, body);
    const response = await opened;
    response.answer('seen');
    expect((await answer).status).toBe(200);
    return response.request.turn.items;
  }

  async refusal(body: object): Promise<object> {
    const { status, text } = await this.post('/v1/responses', body);
    expect(this.running.service.opened).toHaveLength(0);
    const { error } = JSON.parse(text) as { readonly error: Readonly<Record<string, unknown>> };
    return { status, code: error['code'], param: error['param'] };
  }
}

const start = async (pictures: PictureSource, settings: Partial<FrontSettings> = {}): Promise<Front> => {
  const parts = { createServer, uws, responses: responsesEndpoint, chat: chatEndpoint };
  return new Front(await startFront(parts, settings, '127.0.0.1', pictures));
};

const image = (image_url: string) => ({ type: 'input_image', image_url });
const user = (...content: readonly object[]) => ({ input: [{ role: 'user', content }] });
const at = (place: number) => `input[0].content[${place}].image_url`;
const text = { type: 'input_text', text: 'hi' };

describe('an image that is fetched', () => {
  it('takes the place of its address, on both endpoints, in messages and in outputs of tools; each address once', async () => {
    const files: Readonly<Record<string, Buffer>> = {
      '/a': png({ width: 3, height: 3 }),
      '/b': jpeg({ width: 9, height: 9 }),
    };
    const asked: (string | undefined)[] = [];
    const host = await web(({ url = '' }, response) => {
      asked.push(url);
      response.setHeader('content-type', 'text/plain').end(files[url]);
    });
    const front = await start(internet());
    const a = dataUrl(png({ width: 3, height: 3 }));
    const b = dataUrl(jpeg({ width: 9, height: 9 }), 'image/jpeg');
    const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
    const output = { type: 'function_call_output', call_id: 'c', output: [image(`${host}/b`)] };
    const content = [{ ...image(`${host}/a`), detail: 'low' }, text, image(`${host}/b`), image(`${host}/a`)];
    expect(await front.items('/v1/responses', { input: [{ role: 'user', content }, call, output] })).toEqual([
      { type: 'message', role: 'user', content: [{ ...image(a), detail: 'auto' }, text, image(b), image(a)] },
      call,
      { ...output, output: [image(b)] },
    ]);
    expect(asked).toHaveLength(2);
    expect(new Set(asked)).toEqual(new Set(['/a', '/b']));
    const messages = [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: `${host}/b`, detail: 'high' } }] },
    ];
    expect(await front.items('/v1/chat/completions', { messages })).toEqual([
      { type: 'message', role: 'user', content: [{ ...image(b), detail: 'high' }] },
    ]);
  });

  it.each<[string, Buffer, string]>([
    ['something else', Buffer.from('<html>'), 'unsupported_image_media_type'],
    ['empty', Buffer.alloc(0), 'empty_image_file'],
    ['broken', png({ width: 3, height: 3 }).subarray(0, 50), 'image_parse_error'],
  ])('is refused when it is %s', async (_, file, code) => {
    const host = await web((_request, response) => response.end(file));
    const front = await start(internet());
    expect(await front.refusal(user(text, image(host)))).toEqual({ status: 400, code, param: at(1) });
  });

  it('is refused when the images of a request are too large together', async () => {
    const large = Buffer.concat([png({ width: 3, height: 3 }), Buffer.alloc(limits.pictureBytesMax - 1_000)]);
    const host = await web((_, response) => response.end(large));
    const front = await start(internet());
    const three = [1, 2, 3].map((n) => image(`${host}/${n}`));
    expect(await front.refusal(user(...three))).toMatchObject({ status: 400, code: 'image_file_too_large' });
  });

  it('counts as a body that is held', async () => {
    const others = bodyBytes.hold();
    others.take(limits.bodiesBytesMax - 2_000);
    const host = await web((_, response) => response.end(png({ width: 30, height: 30, noise: true })));
    const front = await start(internet());
    const { status, headers } = await front.post('/v1/responses', user(image(host)));
    others.release();
    expect([status, headers['x-should-retry']]).toEqual([429, 'true']);
  });

  it('is given up after a time, as are all others', async () => {
    let open = 0;
    const bothHere = Promise.withResolvers<void>();
    const bothGone = Promise.withResolvers<void>();
    const host = await web(({ socket }) => {
      if ((open += 1) === 2) bothHere.resolve();
      socket.on('close', () => {
        if ((open -= 1) === 0) bothGone.resolve();
      });
    });
    const front = await start(internet());
    const answer = front.refusal(user(text, image(`${host}/a`), image(`${host}/b`)));
    await bothHere.promise;
    front.running.clock.advance(limits.remotePicturesMs - 1);
    expect(open).toBe(2);
    front.running.clock.advance(1);
    expect(await answer).toEqual({ status: 400, code: 'failed_to_download_image', param: at(1) });
    await bothGone.promise;
  });

  it('is given up when its client leaves, and nothing is opened for it', async () => {
    const here = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const host = await web(({ socket }) => {
      socket.on('close', () => gone.resolve());
      here.resolve();
    });
    const front = await start(internet());
    const connection = new RawConnection(front.running.port);
    connection.request('POST', '/v1/responses', withKey, JSON.stringify({ model: 'codex-5', ...user(image(host)) }));
    await here.promise;
    connection.socket.destroy();
    await gone.promise;
    expect(front.running.service.opened).toEqual([]);
    expect(front.running.journal.events).not.toContain('request_failed');
  });
});

it.each<[PictureProblem, number, string]>([
  ['address', 400, 'invalid_image_url'],
  ['unreachable', 400, 'failed_to_download_image'],
  ['size', 400, 'image_file_too_large'],
])('%s is a mistake of the client', async (problem, status, code) => {
  const front = await start({ get: () => Promise.resolve(problem) });
  expect(await front.refusal(user(image('https://a.example/b')))).toEqual({ status, code, param: at(0) });
});

it('too many downloads at a time are not', async () => {
  const front = await start({ get: () => Promise.resolve('busy') });
  const { status, headers } = await front.post('/v1/responses', user(image('https://a.example/b')));
  expect([status, headers['x-should-retry']]).toEqual([429, 'true']);
});

it('a request has only so many', async () => {
  const front = await start({ get: () => Promise.resolve(gif) });
  const many = Array.from({ length: limits.remotePicturesMax + 1 }, (_, n) => image(`https://a.example/${n}`));
  expect(await front.items('/v1/responses', user(...many.slice(1)))).toHaveLength(1);
  front.running.service.opened.splice(0);
  const param = at(limits.remotePicturesMax);
  expect(await front.refusal(user(...many))).toEqual({ status: 400, code: 'invalid_image_url', param });
});

it('the images of a request have only so many pixels together, wherever they come from', async () => {
  const large = claimedJpeg(8_300, 8_000);
  const [here, there] = [image(dataUrl(large, 'image/jpeg')), image('https://a.example/b')];
  const front = await start({ get: () => Promise.resolve(large) });
  expect(await front.items('/v1/responses', user(here, here, there, there))).toHaveLength(1);
  front.running.service.opened.splice(0);
  const refused = { status: 400, code: 'image_too_large', param: 'input' };
  expect(await front.refusal(user(here, here, there, there, there))).toEqual(refused);
  expect(await front.refusal(user(here, here, here, here, there))).toEqual(refused);
});

describe('nothing is fetched', () => {
  const never: PictureSource = { get: () => Promise.reject(new Error('fetched')) };

  it('when the operator wants it told as text', async () => {
    const front = await start(never, { remoteImages: 'text' });
    const told = { type: 'input_text', text: '[image:https://a.example/b]' };
    const [item] = await front.items('/v1/responses', user(text, image('https://a.example/b')));
    expect(item?.['content']).toEqual([text, told]);
  });

  it('when the operator wants it refused', async () => {
    const front = await start(never, { remoteImages: 'reject' });
    const refused = { status: 400, code: 'invalid_image_url', param: at(1) };
    expect(await front.refusal(user(text, image('https://a.example/b')))).toEqual(refused);
  });

  it('for a request that is refused for something else', async () => {
    const front = await start(never);
    const body = { ...user(image('https://a.example/b')), temperature: 'hot' };
    expect(await front.refusal(body)).toMatchObject({ status: 400, param: 'temperature' });
  });

  it('for an image that came along', async () => {
    const front = await start(never, testSettings);
    const here = image(dataUrl(gif, 'image/gif'));
    expect(await front.items('/v1/responses', user(here))).toEqual([
      { type: 'message', role: 'user', content: [here] },
    ]);
  });
});
