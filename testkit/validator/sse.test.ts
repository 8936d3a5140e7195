import fc from 'fast-check';
import { Stream } from 'openai/core/streaming';
import { describe, expect, test } from 'vitest';
import { bytesOf, chatFixtures, responsesFixtures, streamFixture } from '../fixtures/fixture.ts';
import { assertWholeWrites, blocks } from './blocks.ts';
import { type SseEvent, SseParser } from './sse.ts';
import { StreamViolation } from './violation.ts';

const all = [...responsesFixtures, ...chatFixtures];

function parsed(chunks: readonly Uint8Array[]): SseEvent[] {
  const parser = new SseParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
}

function chunked(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((left, right) => left - right), bytes.length];
  return edges.slice(1).map((edge, at) => bytes.subarray(edges[at], edge));
}

function ruleOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error instanceof StreamViolation ? error.rule : error;
  }
  return 'accepted';
}

describe('event list', () => {
  test.each(all)('%s is the same cut at every byte position', (name) => {
    const bytes = streamFixture(name);
    const whole = JSON.stringify(parsed([bytes]));
    const odd = [...bytes.keys()].filter(
      (cut) => JSON.stringify(parsed([bytes.subarray(0, cut), bytes.subarray(cut)])) !== whole,
    );
    expect(odd).toEqual([]);
  });

  test.each(all)('%s is the same in chunks of any sizes', (name) => {
    const bytes = streamFixture(name);
    const whole = parsed([bytes]);
    const cuts = fc.array(fc.nat({ max: bytes.length }), { maxLength: 40 });
    const same = fc.property(cuts, (at) => {
      expect(parsed(chunked(bytes, at))).toEqual(whole);
    });
    fc.assert(same, { numRuns: 50 });
  });

  test('any mix of line ends, fields and comments does not depend on the chunks', () => {
    const piece = fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      ':',
      ' ',
      'data',
      'data: ä🚀',
      'event: x',
      'id: 1',
      'retry: 5',
      '\uFEFF',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 10 }), (pieces, cuts) => {
        const bytes = bytesOf(pieces.join(''));
        expect(parsed(chunked(bytes, cuts))).toEqual(parsed([bytes]));
      }),
    );
  });

  test.each(all)('%s reads the same through the strict blocks, the parser and the openai decoder', async (name) => {
    const bytes = streamFixture(name);
    const strict = blocks(bytes, { eventLines: name.startsWith('responses') }).frames.map((frame) => frame.data);
    const specified = parsed([bytes]).map((event) => event.data);
    expect(specified).toEqual([...strict, '[DONE]']);
    const frames = strict.map((data) => JSON.parse(data) as object);
    const healthy = frames.findIndex((frame) => 'error' in frame);
    const read: unknown[] = [];
    const decoder = Stream.fromSSEResponse(new Response(bytes as Uint8Array<ArrayBuffer>), new AbortController());
    const ended = (async () => {
      for await (const item of decoder) read.push(item);
    })();
    await (healthy < 0 ? ended : expect(ended).rejects.toThrow('upstream worker stopped'));
    expect(read).toEqual(healthy < 0 ? frames : frames.slice(0, healthy));
  });
});

describe('EventSource specification', () => {
  const events = (text: string): unknown[] => parsed([bytesOf(text)]).map(({ event, data }) => [event, data]);

  test('joins data lines', () => expect(events('data: a\ndata: b\n\n')).toEqual([['message', 'a\nb']]));
  test('strips one space only', () => expect(events('data:  a\n\n')).toEqual([['message', ' a']]));
  test('discards an unfinished block', () => expect(events('data: a\n')).toEqual([]));
  test('forgives a BOM', () => expect(events('\uFEFFdata: a\n\n')).toEqual([['message', 'a']]));
  test('forgets the event name with the block', () =>
    expect(events('event: x\n\ndata: a\n\n')).toEqual([['message', 'a']]));
});

describe('strict blocks refuse', () => {
  const good = 'event: a\ndata: {}\n\n';
  const done = 'data: [DONE]\n\n';
  test.each([
    ['an empty stream', ''],
    ['a byte order mark', `\uFEFF${good}${done}`],
    ['CRLF', `${good}${done}`.replaceAll('\n', '\r\n')],
    ['a carriage return', `event: a\rdata: {}\n\n${done}`],
    ['an id field', `id: 1\n${good}${done}`],
    ['a retry block', `retry: 1\n\n${good}${done}`],
    ['a missing event line', `data: {}\n\n${done}`],
    ['two data lines', `event: a\ndata: {\ndata: }\n\n${done}`],
    ['data before event', `data: {}\nevent: a\n\n${done}`],
    ['no space after the colon', `event:a\ndata: {}\n\n${done}`],
    ['two spaces after the colon', `event: a\ndata:  {}\n\n${done}`],
    ['three line feeds', `${good}\n${done}`],
    ['a comment inside a block', `: x\n${good}${done}`],
    ['a named [DONE]', `${good}event: done\n${done}`],
    ['a second [DONE]', `${good}${done}${done}`],
    ['a frame after [DONE]', `${good}${done}${good}`],
    ['a keepalive after [DONE]', `${good}${done}: keepalive\n\n`],
    ['a missing [DONE]', good],
    ['a missing final line feed', `${good}${done.slice(0, -1)}`],
  ])('%s', (_, text) => {
    expect(ruleOf(() => blocks(bytesOf(text), { eventLines: true }))).toBe(1);
  });

  test('bytes that are not UTF-8', () => {
    const broken = new Uint8Array([...bytesOf('event: a\ndata: "'), 0xc3, ...bytesOf(`"\n\n${done}`)]);
    expect(ruleOf(() => blocks(broken, { eventLines: true }))).toBe(1);
  });

  test('an event line on a chat stream', () => {
    expect(ruleOf(() => blocks(bytesOf(good + done), { eventLines: false }))).toBe(1);
  });

  test('a frame over the maximum', () => {
    expect(ruleOf(() => blocks(bytesOf(good + done), { eventLines: true, frameBytesMax: good.length - 1 }))).toBe(8);
    expect(ruleOf(() => blocks(bytesOf(good + done), { eventLines: true, frameBytesMax: good.length }))).toBe(
      'accepted',
    );
  });

  test('a frame cut across writes', () => {
    const bytes = streamFixture('responses-a');
    expect(ruleOf(() => assertWholeWrites([bytes]))).toBe('accepted');
    expect(ruleOf(() => assertWholeWrites([bytes.subarray(0, 100), bytes.subarray(100)]))).toBe(1);
  });
});

test('keepalive comments are kept apart from frames', () => {
  const text = ': keepalive 17\n\nevent: a\ndata: {}\n\n: keepalive 18\n\ndata: [DONE]\n\n';
  expect(blocks(bytesOf(text), { eventLines: true })).toEqual({
    frames: [{ event: 'a', data: '{}' }],
    comments: ['keepalive 17', 'keepalive 18'],
  });
});
