/**
 * Under abuse the gateway stays up, holds a bounded amount of memory, tells the truth, and needs nobody to recover: floods of
 * headers, clients that send slowly, bodies made to be expensive, guessed keys, workers that die as soon as they start, a provider
 * that is gone. What it holds is read from the process itself, after a garbage collection. Clients that read slowly are in
 * `stalled-reader.e2e.ts`, expensive names in the tests of the metrics.
 */

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Dialect, refused, stream, streamed } from '../testkit/answers.ts';
import { descriptors, heldBytes, settled } from '../testkit/chaos/remains.ts';
import { type Gateway, type GatewayEnv, startGateway } from '../testkit/gateway.ts';
import { healthOf, untilLoad } from '../testkit/gateway-health.ts';
import { startProvider } from '../testkit/provider/server.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { ask, type RawAnswer, RawConnection } from '../testkit/raw-client.ts';
import { listOf, objectOf } from '../testkit/validator/json.ts';

const mebibyte = 1_048_576;
/** It varies by 9 MiB. The guessed keys alone, if they were remembered, would be 24. */
const grownBytesMax = 14 * mebibyte;
const shim = join(import.meta.dirname, '../testkit/app-server/main.ts');
const probe = join(import.meta.dirname, '../testkit/memory-probe.ts');
const probed: GatewayEnv = {
  PROXY_WORKER_COUNT: '1',
  // What is freed goes back to the system at once, so that what is resident is held.
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '65536',
  NODE_OPTIONS: `--expose-gc --max-semi-space-size=1 --import=${probe}`,
};

const serves = async (gateway: Gateway): Promise<void> => {
  for (const dialect of ['responses', 'chat'] satisfies readonly Dialect[]) {
    const told = streamed(dialect, await stream(gateway, dialect, marker('text', { text: `here: ${dialect}` })).done);
    expect(told).toMatchObject({ text: `here: ${dialect}`, code: null });
  }
};

const post = (gateway: Gateway, body: string, more: Readonly<Record<string, string>> = {}): Promise<RawAnswer> => {
  const headers = { ...gateway.withKey, 'content-type': 'application/json', ...more };
  return ask(gateway.port, '/v1/responses', { method: 'POST', headers, body });
};

const many = <T>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at));

/** A thousand connections, each with a head that has no end yet. */
const begunHeads = async ({ port }: Gateway): Promise<readonly RawConnection[]> => {
  const heads: RawConnection[] = [];
  // In portions that the queue of the system holds: whoever finds it full is not heard for seconds.
  while (heads.length < 1_000) {
    const some = many(100, () => new RawConnection(port));
    heads.push(...some);
    await Promise.all(some.map(({ socket }) => once(socket, 'connect')));
  }
  for (const head of heads) head.send(`GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx-a: ${'x'.repeat(8_000)}`);
  return heads;
};

/** A test that is over leaves nobody waiting, so they wait here and not there. */
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

describe('from clients', () => {
  let gateway: Gateway;
  let before: { readonly bytes: number; readonly descriptors: number };

  beforeAll(async () => {
    gateway = await startGateway({
      ...probed,
      CODEX_BIN: shim,
      PROXY_RATE_LIMIT_ENABLED: 'true',
      PROXY_RATE_LIMIT_MAX: '1000',
    });
    // What the first requests leave behind for good, and the first thousand connections.
    const idle = descriptors(gateway);
    const heads = await begunHeads(gateway);
    for (let round = 0; round < 5; round += 1) await serves(gateway);
    for (const head of heads) head.leave();
    await settled(
      () => descriptors(gateway),
      (count) => count <= idle + 2,
    );
  });
  beforeEach(async () => {
    before = { bytes: await heldBytes(gateway), descriptors: descriptors(gateway) };
  });
  afterEach(async () => {
    await serves(gateway);
    await settled(
      () => descriptors(gateway),
      (count) => count <= before.descriptors + 2,
    );
    // What a thousand connections had is given back to the system little by little.
    for (let looks = 0; looks < 10 && (await heldBytes(gateway)) - before.bytes >= grownBytesMax; looks += 1)
      await pause(200);
    expect((await heldBytes(gateway)) - before.bytes).toBeLessThan(grownBytesMax);
  });
  afterAll(() => gateway.stop());

  test('headers that are too many or too large are refused, and cost nothing', async () => {
    const large = `x-large: ${'x'.repeat(64_000)}\r\n`;
    const numerous = many(5_000, (at) => `x-${at}: 1\r\n`).join('');
    const flood = many(200, (at) =>
      new RawConnection(gateway.port).send(
        `GET /v1/models HTTP/1.1\r\nhost: localhost\r\n${at % 2 === 0 ? large : numerous}\r\n`,
      ),
    );
    await Promise.all(flood.map(({ closed }) => closed));
    expect(new Set(flood.map(({ received }) => received.slice(0, 12)))).toEqual(new Set(['HTTP/1.1 431']));
    // Just below the limit they are read.
    const fits = many(200, () => ask(gateway.port, '/livez', { headers: { 'x-much': 'x'.repeat(12_000) } }));
    expect(new Set((await Promise.all(fits)).map(({ status }) => status))).toEqual(new Set([200]));
  });

  test('heads and bodies that come byte by byte hold up nobody; the bodies are refused in time', async () => {
    const heads = await begunHeads(gateway);
    const announced = { ...gateway.withKey, 'content-type': 'application/json', 'content-length': '16000000' };
    const body = () => new RawConnection(gateway.port).request('POST', '/v1/responses', announced, '').send('{');
    const [dribbling, silent] = [many(40, body), many(40, body)];
    const bodies = [...dribbling, ...silent];
    const dribble = setInterval(() => {
      for (const connection of [...heads, ...dribbling]) if (connection.socket.writable) connection.send('x');
    }, 500);
    try {
      await Promise.all([
        Promise.all(silent.map((connection) => connection.until('"slow_upload"'))),
        Promise.all(dribbling.map((one) => Promise.race([one.until('"slow_upload"'), one.closed]))),
        (async () => {
          await pause(1_000);
          await serves(gateway);
          expect((await heldBytes(gateway)) - before.bytes).toBeLessThan(2 * grownBytesMax);
        })(),
      ]);
      for (const { received } of silent) expect(received).toMatch(/^HTTP\/1\.1 408 [^]*"slow_upload"/);
      // Where a byte crosses what is said, the connection is reset, and that is lost. Nothing else is said.
      const told = dribbling.filter(({ received }) => received !== '');
      for (const { received } of told) expect(received).toMatch(/^HTTP\/1\.1 408 [^]*"slow_upload"/);
    } finally {
      clearInterval(dribble);
      for (const connection of [...heads, ...bodies]) connection.leave();
    }
  });

  test('bodies that are made to be expensive are refused quickly', async () => {
    const deep = 3 * mebibyte;
    const bodies: readonly (readonly [string, string])[] = [
      ['brackets', '['.repeat(deep)],
      ['closed brackets', `${'['.repeat(deep)}${']'.repeat(deep)}`],
      ['objects in objects', '{"a":'.repeat(deep / 4)],
      ['within a field', `{"model":"codex-5","input":${'['.repeat(deep)}${']'.repeat(deep)}}`],
      ['within a schema', `{"model":"codex-5","input":"x","text":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`],
      ['a million numbers', `{"model":"codex-5","input":[${'1,'.repeat(mebibyte)}1]}`],
      ['a million fields', `{${many(400_000, (at) => `"f${at}":1`).join(',')}}`],
      ['one long number', `{"model":"codex-5","input":${'1'.repeat(deep)}}`],
      ['escapes', `{"model":"codex-5","inp\\u0075t":"${'\\u0000'.repeat(10)}","x":"${'\\'.repeat(deep)}`],
    ];
    for (const [what, body] of bodies) {
      const startedAt = performance.now();
      const answers = await Promise.all(many(4, () => post(gateway, body)));
      for (const answer of answers) expect([what, refused(answer).status]).toEqual([what, 400]);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    }
  });

  test('guessing keys gets nowhere, and whoever has one does not notice', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    const guess = (key: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${key}` };
        const sent = request({ port: gateway.port, host: '127.0.0.1', path: '/v1/usage', headers, agent }, (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (piece: string) => {
            text += piece;
          });
          answer.on('end', () => resolve(`${answer.statusCode} ${text}`));
        });
        sent.on('error', reject).end();
      });
    // Every prefix of the key, and what is near it, is as wrong as anything.
    const near = many(gateway.key.length, (at) => gateway.key.slice(0, at)).flatMap((text) => [text, `${text}x`]);
    const wrong = [...near, `${gateway.key}x`, ...many(4_000, (at) => `guess-${at}-${'x'.repeat(4_000 + at)}`)];
    const told = new Set(await Promise.all(wrong.map(guess)));
    agent.destroy();
    expect([...told]).toEqual([expect.stringMatching(/^401 .*"invalid_api_key"/)]);
    // No guess was charged to anybody, and none of them is remembered: the memory is looked at below.
    expect((await post(gateway, JSON.stringify({ model: 'codex-5', input: 'hi' }))).status).toBe(200);
  });
});

describe('from within', () => {
  const restarts = async (gateway: Gateway): Promise<number> => {
    const { workers } = objectOf((await healthOf(gateway))['worker_supervisor'] ?? {});
    return listOf(workers ?? []).reduce<number>((sum, worker) => sum + Number(objectOf(worker)['restarts_total']), 0);
  };
  const untilStatus = async (gateway: Gateway, path: string, status: number): Promise<void> => {
    const giveUp = performance.now() + 10_000;
    while ((await ask(gateway.port, path)).status !== status) {
      if (performance.now() > giveUp) throw new Error(`${path} did not become ${status}`);
      await pause(20);
    }
  };

  test('workers that die as soon as they start are not started without end, and are when they can be again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'codex-actors-abuse-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [binary, broken] = [join(folder, 'worker.mjs'), join(folder, 'broken')];
    writeFileSync(
      binary,
      `import { existsSync } from 'node:fs';\nif (existsSync(${JSON.stringify(broken)})) process.exit(1);\n` +
        `await import(${JSON.stringify(pathToFileURL(shim).href)});\n`,
    );
    const restartsMax = 4;
    const windowMs = 3_000;
    const gateway = await startGateway({
      ...probed,
      CODEX_BIN: binary,
      WORKER_BACKOFF_INITIAL_MS: '20',
      WORKER_BACKOFF_MAX_MS: '100',
      WORKER_RESTART_MAX: String(restartsMax),
      WORKER_RESTART_WINDOW_MS: String(windowMs),
    });
    onTestFinished(() => gateway.kill());
    await serves(gateway);
    const before = await heldBytes(gateway);
    writeFileSync(broken, '');
    const brokenAt = performance.now();
    for (const { pid } of gateway.workers()) process.kill(pid, 'SIGKILL');
    await untilStatus(gateway, '/livez', 503);
    expect((await ask(gateway.port, '/healthz')).status).toBe(200);
    const told = await Promise.all(many(200, () => post(gateway, JSON.stringify({ model: 'codex-5', input: 'hi' }))));
    for (const answer of told) {
      expect(refused(answer)).toMatchObject({ status: 503, code: 'worker_not_ready' });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    const restarted = await restarts(gateway);
    // On a busy machine the next window may have begun.
    const windows = Math.ceil((performance.now() - brokenAt) / windowMs);
    expect(restarted).toBeLessThanOrEqual(restartsMax * windows + 1);
    expect((await heldBytes(gateway)) - before).toBeLessThan(grownBytesMax);
    rmSync(broken);
    await untilStatus(gateway, '/readyz', 200);
    await serves(gateway);
  });

  test('a provider that is gone is told as such, and answers come again with it', async () => {
    const provider = await startProvider();
    onTestFinished(() => provider.close());
    const door = await openDoor(provider.port);
    onTestFinished(() => door.close());
    const gateway = await startGateway({ ...probed, CODEX_PROVIDER_URL: `http://127.0.0.1:${door.port}/v1` });
    onTestFinished(() => gateway.kill());
    await serves(gateway);
    const before = await heldBytes(gateway);
    const running = many(4, () => stream(gateway, 'responses', marker('hangmid', { n: 2 })));
    await Promise.all(running.map((client) => client.until('response.output_text.delta')));
    door.shut();
    for (const client of running) {
      expect(streamed('responses', await client.done).code).toMatch(/^(?:stream_disconnected|upstream_\w+)$/);
    }
    const told = await Promise.all(many(24, () => post(gateway, JSON.stringify({ model: 'codex-5', input: 'hi' }))));
    for (const answer of told) {
      expect(refused(answer)).toMatchObject({ status: 502, code: expect.stringMatching(/^upstream_/) });
    }
    // It is nobody's fault here: no worker was given up, no turn is left.
    await untilLoad(gateway, { activeTurns: 0, queued: 0 });
    expect(await restarts(gateway)).toBe(0);
    expect((await heldBytes(gateway)) - before).toBeLessThan(grownBytesMax);
    await door.open();
    await serves(gateway);
  });
});

/** A way to a port that can be shut, as when the machine behind it is gone. */
async function openDoor(target: number) {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    near.pipe(far).pipe(near);
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => void server.once('error', reject).listen(port, '127.0.0.1', resolve));
  await listen(0);
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const shut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port, shut, open: () => listen(port), close: shut };
}
