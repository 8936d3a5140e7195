import { afterEach, describe, expect, test } from 'vitest';
import type { SignIn } from '../actors/service.ts';
import { failed } from '../machines/outcome.ts';
import type { FakeResponse } from '../testkit/fake-service.ts';
import { closeFronts, startFront, testModels, withKey } from '../testkit/front-end.ts';
import { end } from '../testkit/log-examples.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import { framesOf } from '../testkit/parity/server.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import type { FrontSettings } from './front.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
afterEach(closeFronts);

const offer = { loginId: 'login-1', url: 'https://auth.example/device', code: 'ABCD-1234' };
const where = ` | login_url=${offer.url} | login_id=${offer.loginId}`;
const details = {
  verification_url: offer.url,
  user_code: offer.code,
  login_id: offer.loginId,
  auth_url: offer.url,
};
const signedOut: SignIn = { state: 'signedOut', offer };

const start = (settings: Partial<FrontSettings> = {}) =>
  startFront({ createServer, uws, responses: responsesEndpoint, chat: chatEndpoint }, settings);

const bodies = {
  '/v1/responses': { model: 'codex-5', input: 'hi' },
  '/v1/chat/completions': { model: 'codex-5', messages: [{ role: 'user', content: 'hi' }] },
};
const paths = ['/v1/responses', '/v1/chat/completions'] as const;

/** A response that has begun to talk and then fails; `state` is found out only then. */
async function broken(path: (typeof paths)[number], state: SignIn, code: 'signed_out' | 'upstream_error', more = {}) {
  const front = await start(more);
  const opened = front.service.next();
  const client = new RawConnection(front.port).request(
    'POST',
    path,
    withKey,
    JSON.stringify({
      ...bodies[path],
      stream: true,
      ...('titles' in more ? { [path === '/v1/responses' ? 'input' : 'messages']: title(path) } : {}),
    }),
  );
  const response: FakeResponse = await opened;
  response.write((log) => {
    log.begin();
  });
  if (path === '/v1/responses') await client.until('response.in_progress');
  front.service.state = state;
  response.write((log) => end(log, failed(code), null));
  return framesOf(await client.until('data: [DONE]\n\n'));
}

const prompt = 'A concise title, please. <conversation_text>';
const title = (path: string) => (path === '/v1/responses' ? prompt : [{ role: 'user', content: prompt }]);

describe('P-37 where the address of a sign-in is told', () => {
  test.each([
    ['message', 'invalid_api_key', `${where} | user_code=${offer.code}`],
    ['code', `invalid_api_key${where}`, ''],
    ['code+message', `invalid_api_key${where}`, `${where} | user_code=${offer.code}`],
    ['details', 'invalid_api_key', ''],
  ] as const)('%s', async (repeated, code, tail) => {
    const { port, service } = await start({ login: { offered: true, remote: false, repeated } });
    service.state = signedOut;
    for (const path of paths) {
      const answer = await ask(port, path, { method: 'POST', headers: withKey, body: JSON.stringify(bodies[path]) });
      const { error } = JSON.parse(answer.text) as { error: Record<string, string> };
      expect([answer.status, error['code'], error['details']]).toEqual([401, code, details]);
      expect(error['message']?.endsWith(tail)).toBe(true);
      expect(error['message']?.includes('login_url=')).toBe(tail !== '');
    }
  });
});

describe('P-38 a sign-in that ends during the answer', () => {
  test('is told with its details in the events of a response', async () => {
    const frames = await broken('/v1/responses', signedOut, 'signed_out');
    const message = expect.stringContaining('login_url=') as string;
    const error = { code: 'invalid_api_key', type: 'authentication_error', message, details };
    expect(frames.at(-2)).toMatchObject({ type: 'error', code: 'invalid_api_key', message, error });
    expect(frames.at(-1)).toMatchObject({ type: 'response.failed', response: { error } });
  });

  test('is told with its details in a body that had begun', async () => {
    const { port, service, clock } = await start({ silenceMs: 10 });
    const opened = service.next();
    const body = JSON.stringify(bodies['/v1/responses']);
    const asked = ask(port, '/v1/responses', { method: 'POST', headers: withKey, body });
    const response = await opened;
    clock.advance(10);
    service.state = signedOut;
    response.fail({ code: 'signed_out' });
    const { status, text } = await asked;
    expect([status, text.startsWith('\n')]).toEqual([200, true]);
    expect(JSON.parse(text)).toMatchObject({ status: 'failed', error: { code: 'invalid_api_key', details } });
  });

  test('is told without them when nothing is known', async () => {
    const frames = await broken('/v1/responses', { state: 'unknown' }, 'signed_out');
    expect(frames.at(-1).response.error).toEqual({
      code: 'invalid_api_key',
      type: 'authentication_error',
      param: null,
      message: expect.stringContaining('Codex is not signed in') as string,
    });
  });
});

describe('P-214 a title that cannot be had', () => {
  const titles = { titles: { model: testModels.list()[1]?.id ?? '', effort: 'low' } };

  test.each(paths)('is a 502 on %s, before the first byte', async (path) => {
    const front = await start(titles);
    const name = path === '/v1/responses' ? 'responses' : 'chat';
    for (const stream of [false, true]) {
      const opened = front.service.next();
      const body = JSON.stringify({
        ...bodies[path],
        ...{ [path === '/v1/responses' ? 'input' : 'messages']: title(path) },
        stream,
      });
      const asked = ask(front.port, path, { method: 'POST', headers: withKey, body });
      (await opened).fail({ code: 'rate_limit_exceeded' });
      const answer = await asked;
      expect([answer.status, answer.headers['openai-model'], JSON.parse(answer.text)]).toEqual([
        502,
        'gpt-5.4',
        { error: { message: 'title/summary exec failed', type: 'server_error', param: null, code: 'internal_error' } },
      ]);
    }
    expect(front.journal.events).toEqual(
      expect.arrayContaining([`${name}_title_summary_intercept`, `${name}_title_summary_intercept_error`]),
    );
  });

  test('is the same afterwards', async () => {
    const frames = await broken('/v1/responses', { state: 'unknown' }, 'upstream_error', titles);
    expect(frames.at(-1).response.error).toMatchObject({
      code: 'internal_error',
      message: 'title/summary exec failed',
    });
  });

  test('W-54 says what it would say of any other request when nobody has begun to answer', async () => {
    const { port, service } = await start(titles);
    for (const [code, status] of [
      ['worker_busy', 429],
      ['worker_not_ready', 503],
      ['signed_out', 401],
    ] as const) {
      const opened = service.next();
      const body = JSON.stringify({ ...bodies['/v1/responses'], input: prompt });
      const asked = ask(port, '/v1/responses', { method: 'POST', headers: withKey, body });
      (await opened).fail({ code });
      expect((await asked).status).toBe(status);
    }
  });
});
