import { afterEach, expect, test } from 'vitest';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import type { LoopLoad } from './overload.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';
import { closeFronts, startFront, withKey } from '../testkit/front-end.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';

const { uws } = loadUws();
afterEach(closeFronts);

const limits = { delayMs: 500, afterMs: 2_000 };
const body = JSON.stringify({ model: 'codex-5', input: 'hi', stream: true });

test('an overloaded gateway refuses new answers before their bodies, and goes on with those under way', async () => {
  let load: LoopLoad = { delayMs: 0, busy: 1 };
  const made = (options: Parameters<typeof createServer>[0]) =>
    createServer({ ...options, probe: () => ({ look: () => load }) });
  const front = await startFront(
    { createServer: made, uws, responses: responsesEndpoint, chat: chatEndpoint },
    { overload: limits },
  );
  const { clock, service, journal, port, records } = front;
  const opened = service.next();
  const open = new RawConnection(port).request('POST', '/v1/responses', withKey, body);
  const response = await opened;
  response.write((log) => log.begin());
  await open.until('response.in_progress');

  load = { delayMs: 500, busy: 1 };
  const refused = async (path: string) => {
    // Half a body, and not JSON.
    const headers = { ...withKey, 'content-length': '1000' };
    const client = new RawConnection(port).request('POST', path, headers, '{');
    const text = await client.until('"gateway_overloaded"');
    client.leave();
    return text;
  };
  const late = async (ms: number): Promise<void> => {
    clock.advance(ms);
    const admitted = service.next();
    const client = new RawConnection(port).request('POST', '/v1/responses', withKey, body);
    (await admitted).answer('x');
    await client.until('[DONE]');
    client.leave();
  };
  await late(250);
  await late(limits.afterMs - 250);
  clock.advance(250);
  for (const path of ['/v1/responses', '/v1/chat/completions']) {
    const text = await refused(path);
    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(text).toMatch(/\r\nretry-after: [1-9]\r\nretry-after-ms: \d{3,4}\r\n/);
    expect(text).toContain('x-should-retry: true\r\n');
    expect(text).toContain('"retryable":true');
  }
  expect((await ask(port, '/livez')).status).toBe(200);
  response.answer('still here');
  expect(await open.until('[DONE]')).toContain('still here');
  expect(service.opened).toHaveLength(3);

  load = { delayMs: 10, busy: 1 };
  await late(250);
  expect(journal.events.filter((event) => event.startsWith('overload'))).toEqual(['overload_began', 'overload_ended']);
  // They are counted by metrics, and in the line above.
  expect(journal.lines.find(({ event }) => event === 'overload_ended')?.facts['count']).toBe(2);
  expect(records.filter(({ status }) => status === 503)).toEqual([]);
});
