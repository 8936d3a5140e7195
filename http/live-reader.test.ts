import { afterEach, describe, expect, it } from 'vitest';
import type { Endpoint } from './endpoint.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import type { FrontSettings } from './front.ts';
import { limits } from './limits.ts';
import { responseBody } from './responses-body.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';
import type { FakeResponse } from '../testkit/fake-service.ts';
import { closeFronts, type RunningFront, startFront, withKey } from '../testkit/front-end.ts';
import { completed, end, say, write } from '../testkit/log-examples.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import type { JsonObject } from '../testkit/validator/json.ts';
import { validateResponsesStream } from '../testkit/validator/responses.ts';

const { uws } = loadUws();
afterEach(closeFronts);

interface Streaming extends RunningFront {
  readonly client: RawConnection;
  readonly response: FakeResponse;
}

const streamed = JSON.stringify({ model: 'codex-5', input: 'hi', stream: true });

async function stream(
  settings: Partial<FrontSettings> = {},
  { endpoint = responsesEndpoint, headers = {}, path = '/v1/responses', body = streamed } = {},
): Promise<Streaming> {
  const front = await startFront({ createServer, uws, responses: endpoint, chat: chatEndpoint }, settings);
  const opened = front.service.next();
  const client = new RawConnection(front.port).request('POST', path, { ...withKey, ...headers }, body);
  return { ...front, client, response: await opened };
}

const comments = (text: string): number => text.split(': keepalive ').length - 1;
const doneFrame = 'data: [DONE]\n\n';

describe('head', () => {
  it('comes with the first frames and announces a stream that nobody buffers', async () => {
    const { client, response } = await stream();
    response.write((log) => log.begin());
    const head = (await client.until('response.in_progress')).split('\r\n\r\n')[0] ?? '';
    for (const line of [
      'HTTP/1.1 200 OK',
      'content-type: text/event-stream; charset=utf-8',
      'cache-control: no-cache, no-transform',
      'x-accel-buffering: no',
      'openai-version: 2020-10-01',
    ]) {
      expect(head.split('\r\n')).toContain(line);
    }
    expect(head).toMatch(/\r\nx-request-id: req_/);
    expect(head).not.toMatch(/content-length|content-encoding/i);
    client.leave();
  });

  it('names the parameters that were not applied and the model that answered instead', async () => {
    const body = JSON.stringify({ model: 'codex-5', input: 'hi', stream: true, temperature: 0.1 });
    const { client, response } = await stream({}, { body });
    response.log.reroutedModel = 'gpt-other\r\nx-evil: 1';
    response.answer('x');
    const text = await client.until(doneFrame);
    expect(text).toMatch(/\r\nx-proxy-ignored-params: [^\r]*temperature/);
    expect(text).toContain('\r\nopenai-model: gpt-other??x-evil: 1\r\n');
  });

  it('gives way to an HTTP error when the response fails before it', async () => {
    const { client, response } = await stream();
    response.fail({ code: 'worker_busy', retryAfterMs: 1_500 });
    const text = await client.until('"worker_busy"');
    expect(text).toMatch(/^HTTP\/1\.1 429 /);
    expect(text).toContain('content-type: application/json; charset=utf-8\r\n');
    expect(text).toContain('retry-after: 2\r\nretry-after-ms: 1500\r\n');
    expect(text).toContain('x-should-retry: true\r\n');
    await response.left;
  });

  it('gives way also when the log has begun but nothing was sent yet', async () => {
    const { client, response } = await stream();
    response.write((log) => {
      log.begin();
      end(log, { type: 'failed', failure: { code: 'context_length_exceeded' } }, null);
    });
    expect(await client.until('context_length_exceeded')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('body', () => {
  it('ends with the terminal frame, one [DONE] and the end of the chunks', async () => {
    const { client, response, clock } = await stream();
    response.answer('Hello', ' world');
    const text = await client.until('0\r\n\r\n');
    expect(text).toMatch(/event: response\.completed\ndata: [^\n]*\n\n\r\ne\r\ndata: \[DONE\]\n\n\r\n0\r\n\r\n$/);
    expect(text.split('[DONE]')).toHaveLength(2);
    await response.left;
    expect(clock.pending).toBe(0);
  });

  it('tells a failure after the head in frames', async () => {
    const { client, response } = await stream();
    response.write((log) => log.begin());
    await client.until('response.in_progress');
    response.fail({ code: 'stream_disconnected' });
    const text = await client.until('0\r\n\r\n');
    expect(text).toMatch(/event: error\n[^]*event: response\.failed\n[^]*data: \[DONE\]\n\n/);
  });

  it('speaks chat on the chat endpoint', async () => {
    const { client, response } = await stream(
      {},
      {
        path: '/chat/completions',
        body: JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content: 'hi' }], stream: true }),
      },
    );
    response.answer('Hello');
    expect(await client.until(doneFrame)).toContain('"object":"chat.completion.chunk"');
  });

  it('writes all frames of a batch in one chunk', async () => {
    const { client, response } = await stream();
    response.write((log) => {
      log.begin();
      write(log, 'msg_1', ['a', 'b', 'c']);
    });
    const text = await client.until('"delta":"c"');
    expect(text.match(/\r\n[0-9a-f]+\r\n/g)).toHaveLength(1);
    client.leave();
  });

  it('is reset when a projection fails, never ended', async () => {
    const broken: Endpoint = {
      ...responsesEndpoint,
      stream: (...place) => {
        const sound = responsesEndpoint.stream(...place);
        return {
          ...sound,
          project: (log, cursor, out, room) => {
            if (cursor > 0) throw new Error('bug');
            return sound.project(log, cursor, out, room);
          },
          finish: (out, logs) => sound.finish(out, logs),
        };
      },
    };
    const { client, response, journal, port } = await stream({}, { endpoint: broken });
    response.write((log) => log.begin());
    await client.until('response.in_progress');
    response.answer('x');
    await Promise.all([client.closed, response.left]);
    expect(client.received).not.toContain('\r\n0\r\n');
    const line = journal.lines.find(({ event }) => event === 'projection_failed');
    // Where it happened, and not the message, which may quote an answer.
    expect(line?.facts['reason']).toMatch(/^Error at .*live-reader\.test\.ts/);
    expect((await ask(port, '/livez')).status).toBe(200);
  });
});

describe('a projection that fails before the head', () => {
  it('is 500', async () => {
    const broken: Endpoint = {
      ...responsesEndpoint,
      stream: () => ({
        repeatable: true,
        project: () => {
          throw new Error('bug');
        },
        finish: () => undefined,
      }),
    };
    const { client, response } = await stream({}, { endpoint: broken });
    response.write((log) => log.begin());
    expect(await client.until('"internal_error"')).toMatch(/^HTTP\/1\.1 500 /);
    await response.left;
  });
});

describe('keepalive', () => {
  it('comments at its period from the head to the terminal frame', async () => {
    const { client, response, clock } = await stream();
    clock.advance(60_000);
    response.write((log) => log.begin());
    await client.until('response.in_progress');
    clock.advance(15_000);
    clock.advance(15_000);
    const text = await client.until(': keepalive 1790000090000\n\n');
    expect(comments(text)).toBe(2);
    response.answer('x');
    await client.until('0\r\n\r\n');
    clock.advance(60_000);
    expect(comments(client.received)).toBe(2);
  });

  it.each([
    ['the name of an app', { 'user-agent': 'Mozilla/5.0 Obsidian/1.5' }, ''],
    ['a header', { 'x-no-keepalive': '1' }, ''],
    ['the query', {}, '?no_keepalive=1'],
  ])('is left out for %s', async (_, headers, query) => {
    const { client, response, clock } = await stream({}, { headers, path: `/v1/responses${query}` });
    response.write((log) => log.begin());
    await client.until('response.in_progress');
    clock.advance(60_000);
    response.answer('x');
    expect(comments(await client.until(doneFrame))).toBe(0);
  });
});

describe('a chat that has begun without output', () => {
  const chat = {
    path: '/v1/chat/completions',
    body: JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content: 'hi' }], stream: true }),
  };

  it('shows at once that it is alive, and then at the period of comments', async () => {
    const { client, response, clock } = await stream({}, chat);
    response.write((log) => log.begin());
    const head = await client.until(': keepalive 1790000000000\n\n');
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream/);
    clock.advance(15_000);
    clock.advance(15_000);
    expect(comments(await client.until(': keepalive 1790000030000\n\n'))).toBe(3);
    response.answer('late');
    const text = await client.until('0\r\n\r\n');
    expect(comments(text)).toBe(3);
    expect(text).toContain('"content":"late"');
    expect(clock.pending).toBe(0);
  });

  it('is silent to a client that wants no comments, and still sends it everything', async () => {
    const { client, response, clock } = await stream({}, { ...chat, headers: { 'x-no-keepalive': '1' } });
    response.write((log) => log.begin());
    clock.advance(30_000);
    response.answer('late');
    const text = await client.until(doneFrame);
    expect(comments(text)).toBe(0);
    expect(text).toContain('"content":"late"');
  });

  it('tells a failure in a frame from then on', async () => {
    const { client, response } = await stream({}, chat);
    response.write((log) => log.begin());
    await client.until(': keepalive ');
    response.fail({ code: 'upstream_error' });
    expect(await client.until('0\r\n\r\n')).toMatch(
      /data: \{"error":[^\n]*"upstream_error"[^\n]*\n\n[^]*data: \[DONE\]/,
    );
  });
});

describe('clients that leave', () => {
  it.each(['before the head', 'in the middle'])('end their reading %s', async (moment) => {
    const { client, response, journal, clock, server } = await stream();
    if (moment === 'in the middle') {
      response.write((log) => log.begin());
      await client.until('response.in_progress');
    }
    client.leave();
    await response.left;
    expect(journal.events).toEqual(['client_gone']);
    expect([clock.pending, server.active]).toEqual([0, 0]);
    response.answer('to nobody');
  });
});

/** `encoded` hears how many bytes each call of the projection has written. */
const watched = (encoded: (bytes: number) => void): Endpoint => ({
  ...responsesEndpoint,
  stream: (...place) => {
    const projection = responsesEndpoint.stream(...place);
    return {
      repeatable: true,
      finish: (out, logs) => projection.finish(out, logs),
      project: (log, cursor, out, roomBytes) => {
        const next = projection.project(log, cursor, out, roomBytes);
        encoded(out.length);
        return next;
      },
    };
  },
});

describe('slow readers', () => {
  it('cost a cursor, stall nobody, and get everything once they read on', async () => {
    let encodedBytes = 0;
    const counting = watched((bytes) => (encodedBytes += bytes));
    const { client, response, port } = await stream({}, { endpoint: counting, headers: { connection: 'close' } });
    client.socket.pause();
    response.write((log) => {
      log.begin();
      write(log, 'msg_1', ['x']);
    });
    const item = response.log.items[0];
    const part = item?.parts[0];
    if (item === undefined || part === undefined) throw new Error('no part');
    const delta = 'x'.repeat(1_000);
    const grow = async (): Promise<void> => {
      response.write((log) => {
        for (let count = 0; count < 1_000; count += 1) log.append(part, delta);
      });
      // What is too much for one turn of the loop is written in the next ones.
      for (let before = -1; before !== encodedBytes; ) {
        before = encodedBytes;
        await new Promise(setImmediate);
      }
    };
    const lagBytes = (): number => response.log.textBytes - encodedBytes;
    // The kernel takes some megabytes before it has enough.
    while (lagBytes() < 1_000_000) await grow();
    const encodedWhenFull = encodedBytes;
    for (let round = 0; round < 10; round += 1) await grow();
    expect(encodedBytes - encodedWhenFull).toBeLessThan(2_000_000);
    expect((await ask(port, '/livez')).status).toBe(200);

    response.write((log) => {
      log.closePart(part);
      log.closeItem(item);
      end(log, completed, null);
    });
    const text = dechunked(await client.rest());
    expect(text.endsWith(doneFrame)).toBe(true);
    const deltas = text.match(/event: response\.output_text\.delta\n/g)?.length;
    expect(deltas).toBe((response.log.textBytes - 1) / 1_000 + 1);
  });

  it('of much at once leave the loop to others in between, and get whole frames', async () => {
    let turns = 0;
    const counting = watched(() => (turns += 1));
    const { client, response, clock } = await stream({}, { endpoint: counting, headers: { connection: 'close' } });
    const long = 'x"\n'.repeat(100_000);
    response.write((log) => {
      log.begin();
      say(log, 'msg_1', [long]);
      end(log, completed, null);
    });
    // A comment has no place within a frame.
    clock.advance(15_000);
    const text = dechunked(await client.rest());
    validateResponsesStream(Buffer.from(text), { body: JSON.parse(responseBody(response.log)) as JsonObject });
    expect(turns).toBeGreaterThan((4 * long.length) / limits.turnBytes);
  });

  it('are cut off when they take nothing and much waits for them', async () => {
    const { client, response, clock, journal, server, records } = await stream({ sinkBufferBytes: 1_000_000 });
    client.socket.pause();
    response.write((log) => {
      log.begin();
      write(log, 'msg_1', ['x']);
    });
    const part = response.log.items[0]?.parts[0];
    if (part === undefined) throw new Error('no part');
    // More than the kernel takes.
    for (let round = 0; round < 24; round += 1) {
      response.write((log) => log.append(part, 'x'.repeat(1_000_000)));
      await new Promise(setImmediate);
    }
    clock.advance(limits.stallMs - 1);
    expect(server.active).toBe(1);
    clock.advance(1);
    await response.left;
    await client.rest();
    expect(journal.events.filter((event) => event.startsWith('client'))).toEqual(['client_too_slow']);
    expect([server.active, clock.pending]).toEqual([0, 0]);
    expect(records).toMatchObject([{ outcome: 'too_slow', status: 499, errorCode: 'request_aborted' }]);
  });

  it('never make the transport hold a whole frame that is large, and still get it', async () => {
    const { client, response, port } = await stream({}, { headers: { connection: 'close' } });
    response.write((log) => log.begin());
    await client.until('response.in_progress');
    client.socket.pause();
    // Closing entries repeat the whole text: each is a frame of twelve megabytes.
    const text = 'word '.repeat(2_400_000);
    response.answer(text);
    expect((await ask(port, '/livez')).status).toBe(200);
    const body = await client.rest();
    const chunks = [...body.matchAll(/\r\n([0-9a-f]+)\r\n/g)].map(([, size]) => Number.parseInt(size ?? '', 16));
    expect(Math.max(...chunks)).toBeLessThanOrEqual(1_048_576);
    const bytes = Buffer.from(dechunked(body), 'latin1');
    const verdict = validateResponsesStream(bytes, { frameBytesMax: 20_000_000 });
    expect(JSON.stringify(verdict.response['output'])).toContain(text);
  });
});

/** One large frame for all entries; it cannot be projected again. */
const largeFrame = `data: ${'x'.repeat(12_000_000)}\n\n`;
const onceOnly: Endpoint = {
  ...responsesEndpoint,
  stream: () => {
    let projected = 0;
    return {
      repeatable: false,
      project: (log, cursor, out) => {
        if (cursor !== projected) throw new Error('again');
        if (log.ending === null) return cursor;
        out.write(largeFrame);
        projected = log.length;
        return projected;
      },
      finish: (out) => out.write(doneFrame),
    };
  },
};

describe('what a client is still reading when all was said', () => {
  const said = async () => {
    const parts = await stream({}, { endpoint: onceOnly, headers: { connection: 'close' } });
    parts.client.socket.pause();
    parts.response.answer('x');
    await parts.response.left;
    expect([parts.server.active, parts.clock.pending]).toEqual([1, 0]);
    return parts;
  };

  it('was written at once if it cannot be projected again, and is waited for by a server that closes', async () => {
    const { client, server, clock, journal } = await said();
    const closed = server.close(1_000);
    expect(dechunked(await client.rest()) === largeFrame + doneFrame).toBe(true);
    await closed;
    expect([server.active, clock.pending, journal.events]).toEqual([0, 0, []]);
  });

  it('is cut when the time of the server is up', async () => {
    const { client, server, clock, journal } = await said();
    const closed = server.close(1_000);
    clock.advance(1_000);
    await closed;
    expect(journal.events).toEqual(['client_too_slow']);
    expect(await client.rest()).not.toContain(doneFrame);
  });
});

/** The body of a chunked answer that has come to its end; chunks of a reader that lags may begin anywhere. */
const dechunked = (answer: string): string => {
  let rest = answer.slice(answer.indexOf('\r\n\r\n') + 4);
  const parts: string[] = [];
  for (;;) {
    const end = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (Number.isNaN(size)) throw new Error('the chunks do not end');
    if (size === 0) return parts.join('');
    parts.push(rest.slice(end + 2, end + 2 + size));
    rest = rest.slice(end + 4 + size);
  }
};
