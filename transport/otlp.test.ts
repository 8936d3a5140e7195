import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { SystemClock } from '../actors/clock.ts';
import type { Diagnostics, Happenings } from '../actors/diagnostics.ts';
import type { Clock, Journal } from '../actors/seams.ts';
import type { Span } from '../actors/span.ts';
import type { JsonObject } from '../actors/turn.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../testkit/otlp-receiver.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { exporting, headersOf, type OtlpLimits, tracesUrl } from './otlp.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

const spanOf = (number: number): Span => ({
  name: 'http.server',
  kind: 'server',
  traceId: trace,
  spanId: String(number + 1).padStart(16, '0'),
  parent: { spanId: '00f067aa0ba902b7', isRemote: true },
  traceState: 'a=1',
  startedAt: 1_790_000_000_000.25,
  endedAt: 1_790_000_000_070.75,
  failed: true,
  facts: { 'http.method': 'POST', 'http.status_code': 503, list: ['one'] },
  events: [{ name: 'lease.granted', at: 1_790_000_000_001, facts: { slot: 1 } }],
});

const receivers: OtlpReceiver[] = [];
afterEach(() => Promise.all(receivers.splice(0).map((receiver) => receiver.close())));

async function opened(
  answer?: (response: ServerResponse) => void,
  limits: Partial<OtlpLimits> = {},
  endpoint?: string,
  clock: Clock = new SystemClock(),
) {
  const receiver = await startOtlpReceiver(answer);
  receivers.push(receiver);
  const lines: { readonly event: string; readonly facts: JsonObject }[] = [];
  const journal: Journal = {
    info: () => {},
    warn: (event, facts) => void lines.push({ event, facts: (facts ?? {}) as JsonObject }),
  };
  let dropped = 0;
  const diagnostics: Diagnostics = {
    watched: () => true,
    publish: (name, happening) => {
      if (name === 'records.dropped') dropped += (happening as Happenings['records.dropped']).count;
    },
  };
  const settings = {
    endpoint: endpoint ?? receiver.url,
    headers: 'x-key=se%20cret,other=1',
    serviceName: 'my-gateway',
  };
  const otlp = await exporting(settings, { clock, journal, diagnostics }, { batchMs: 10, flushMs: 5_000, ...limits });
  return { otlp, receiver, lines, dropped: () => dropped };
}

test('spans arrive as they are, from whom, with the headers', async () => {
  const { otlp, receiver, lines } = await opened();
  otlp.send(spanOf(0));
  await otlp.settled();
  expect(receiver.requests).toEqual([
    { path: '/v1/traces', headers: expect.objectContaining({ 'x-key': 'se cret', other: '1' }) },
  ]);
  expect(receiver.spans).toEqual([
    {
      name: 'http.server',
      kind: 2,
      traceId: trace,
      spanId: '0000000000000001',
      parentSpanId: '00f067aa0ba902b7',
      traceState: 'a=1',
      startNs: 1_790_000_000_000_250_000n,
      endNs: 1_790_000_000_070_750_000n,
      failed: true,
      facts: { 'http.method': 'POST', 'http.status_code': 503, list: ['one'] },
      events: ['lease.granted'],
      resource: expect.objectContaining({
        'service.name': 'my-gateway',
        'service.instance.id': expect.stringMatching(/^[\da-f-]{36}$/),
      }),
    },
  ]);
  expect([otlp.counts, lines]).toEqual([{ sent: 1, lost: 0 }, []]);
});

test('many leave in batches, each once', async () => {
  const { otlp, receiver } = await opened(undefined, { batchMax: 50 });
  for (let number = 0; number < 1_000; number += 1) otlp.send(spanOf(number));
  await otlp.settled();
  expect(new Set(receiver.spans.map(({ spanId }) => spanId)).size).toBe(1_000);
  expect(receiver.spans).toHaveLength(1_000);
  expect(receiver.bodies).toHaveLength(20);
  expect(otlp.counts).toEqual({ sent: 1_000, lost: 0 });
});

test('what waits for a receiver that says nothing is bounded, and what finds no room is counted', async () => {
  const clock = new VirtualClock();
  const { otlp, lines, dropped } = await opened(
    () => {},
    { batchMax: 10, queueMax: 100, flushMs: 1, reportMs: 60_000 },
    undefined,
    clock,
  );
  // A batch leaves as soon as it is full, and the next one when that has been taken.
  for (let number = 0; number < 1_000; number += 1) otlp.send(spanOf(number));
  expect([otlp.counts, dropped()]).toEqual([{ sent: 0, lost: 890 }, 890]);
  // One line at once, and one about all that came after it.
  expect(lines).toEqual([{ event: 'spans_lost', facts: { spans: 1, reason: 'the queue is full' } }]);
  clock.advance(60_000);
  expect(lines[1]).toEqual({ event: 'spans_lost', facts: { spans: 889, reason: 'as before' } });
  const settled = otlp.settled();
  clock.advance(1);
  await settled;
});

describe('a receiver that cannot be used', () => {
  /** It is asked again for so long: as short as may be, long enough for one answer on a busy machine. */
  const sendMs = 1_000;
  const answers: readonly [string, (response: ServerResponse) => void, string][] = [
    ['refuses', (response) => void response.writeHead(400).end('your key is se cret'), 'HTTP 400'],
    ['fails', (response) => void response.writeHead(500).end('oops'), 'HTTP 500'],
    ['is unavailable', (response) => void response.writeHead(503).end(), 'no answer'],
    ['hangs up', (response) => void response.destroy(), 'ECONNRESET'],
  ];
  test.each(answers)('%s: its spans are lost, and that is told without its words', async (_, answer, reason) => {
    const { otlp, lines } = await opened(answer, { sendMs });
    otlp.send(spanOf(0));
    otlp.send(spanOf(1));
    await otlp.settled();
    expect(otlp.counts).toEqual({ sent: 0, lost: 2 });
    expect(lines).toEqual([{ event: 'spans_lost', facts: { spans: 2, reason } }]);
  });

  test('is not there', async () => {
    const { otlp, lines } = await opened(undefined, { sendMs }, 'http://127.0.0.1:9');
    otlp.send(spanOf(0));
    await otlp.settled();
    expect(lines).toEqual([{ event: 'spans_lost', facts: { spans: 1, reason: 'ECONNREFUSED' } }]);
  });

  test('says nothing: the end is not waited for any longer than that', async () => {
    const { otlp } = await opened(() => {}, { flushMs: 100 });
    otlp.send(spanOf(0));
    const before = performance.now();
    await otlp.settled();
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

test.each([
  ['http://collector:4318', 'http://collector:4318/v1/traces'],
  ['http://collector:4318/', 'http://collector:4318/v1/traces'],
  ['https://otlp.example/otlp', 'https://otlp.example/otlp/v1/traces'],
  ['https://otlp.example/v1/traces', 'https://otlp.example/v1/traces'],
  ['https://otlp.example/v1/traces/', 'https://otlp.example/v1/traces'],
])('%s is %s', (endpoint, url) => {
  expect(tracesUrl(endpoint)).toBe(url);
});

test('headers are read as OpenTelemetry writes them', () => {
  expect(headersOf('')).toEqual({});
  expect(headersOf('a=b=c, x-key = %41%2C ,bad=%zz')).toEqual({ a: 'b=c', 'x-key': 'A,', bad: '%zz' });
});
