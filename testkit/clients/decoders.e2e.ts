/**
 * Our bytes before the decoders that clients use, cut wherever a network may cut them. Invariant: all of them understand the
 * same events, the ones that the specification of EventSource gives, and no cut changes any.
 */

import { convertEventStreamToIterableReadableDataStream } from '@langchain/core/utils/event_source_parse';
import { createParser } from 'eventsource-parser';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { _iterSSEMessages as openaiMessages } from 'openai/core/streaming';
import { expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { SseParser } from '../validator/sse.ts';
import { readersOf, type Told } from './readers.ts';
import { model, stage } from './stage.ts';
import { bergen, oslo } from './weather.ts';

/** Every stream has begun when its failure comes. */
const on = stage({ PROXY_SSE_HEAD_DELAY_MS: '0' });

/** `event` is `message` when there is none; the decoder of LangChain gives the data alone. */
interface Event {
  readonly event: string;
  readonly data: string;
}

type Chunks = readonly Uint8Array[];

const streamOf = (chunks: Chunks): ReadableStream<Uint8Array<ArrayBuffer>> =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new Uint8Array(chunk));
      controller.close();
    },
  });

async function collected<T, R>(items: AsyncIterable<T>, read: (item: T) => R): Promise<R[]> {
  const list: R[] = [];
  for await (const item of items) list.push(read(item));
  return list;
}

const eventOf = ({ event, data }: { event?: string | null | undefined; data: string }): Event => ({
  event: event ?? 'message',
  data,
});

/** Those that can be fed in one go, so that there is time for a cut at every byte. */
const immediate: Readonly<Record<string, (chunks: Chunks) => readonly Event[]>> = {
  specification: (chunks) => {
    const parser = new SseParser();
    return chunks.flatMap((chunk) => parser.push(chunk)).map(eventOf);
  },
  'eventsource-parser': (chunks) => {
    const events: Event[] = [];
    const parser = createParser({ onEvent: (event) => void events.push(eventOf(event)) });
    const decoder = new TextDecoder();
    for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
    return events;
  },
};

const streaming: Readonly<Record<string, (chunks: Chunks) => Promise<readonly Event[]>>> = {
  openai: (chunks) =>
    collected(openaiMessages(new Response(streamOf(chunks)), new AbortController()), (event) => eventOf(event)),
  'eventsource-parser/stream': (chunks) =>
    collected(
      streamOf(chunks).pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()),
      (event) => eventOf(event),
    ),
};

/** It throws the data of an `error` event; what it had read before is gone with it. */
const langchainData = (chunks: Chunks): Promise<readonly string[]> =>
  collected(convertEventStreamToIterableReadableDataStream(streamOf(chunks)), String);

const tools = [{ type: 'function', name: 'get_weather', parameters: { type: 'object', properties: {} } }];
const spoken = 'é\u2028\u2029 👩‍🚀 \u0085 \\n data: [DONE]\n\nevent: x\r\n\ud83d\ude00';
const questions: Readonly<Record<string, readonly [string, object]>> = {
  text: [marker('text', { text: spoken, cut: 'seed:3' }), {}],
  calls: [marker('tool', { name: 'get_weather', calls: 2, args0: oslo, args1: bergen }), { tools }],
  failure: [marker('failed', { n: 2, barrier: 'gate', at: 1 }), {}],
};

async function bytesOf(path: string, question: string, more: object): Promise<Uint8Array> {
  const asked = path === 'responses' ? { input: question } : { messages: [{ role: 'user', content: question }] };
  const response = await fetch(`${on.gateway.baseUrl}/${path}`, {
    method: 'POST',
    headers: { ...on.gateway.withKey, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream: true, ...asked, ...more }),
  });
  expect(response.status).toBe(200);
  on.gateway.provider.release('gate');
  return new Uint8Array(await response.arrayBuffer());
}

const cases = ['responses', 'chat/completions'].flatMap((path) =>
  Object.keys(questions).map((name) => [path, name] as const),
);

test.each(cases)('%s, %s: every decoder, every cut', async (path, name) => {
  const [question, more] = questions[name] ?? ['', {}];
  const bytes = await bytesOf(path, question, more);
  const expected = immediate['specification']?.([bytes]) ?? [];
  expect(expected.length).toBeGreaterThan(3);
  expect(expected.at(-1)).toEqual({ event: 'message', data: '[DONE]' });
  const wanted = JSON.stringify(expected);

  for (let at = 1; at < bytes.length; at += 1) {
    const halves = [bytes.subarray(0, at), bytes.subarray(at)];
    for (const [decoder, decode] of Object.entries(immediate)) {
      if (JSON.stringify(decode(halves)) !== wanted)
        expect([decoder, at, decode(halves)]).toEqual([decoder, at, expected]);
    }
  }
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
  const whole = [bytes];
  for (const chunks of [whole, single]) {
    for (const decode of Object.values(immediate)) expect(decode(chunks)).toEqual(expected);
    for (const decode of Object.values(streaming)) expect(await decode(chunks)).toEqual(expected);
    const error = expected.find(({ event }) => event === 'error');
    const told = langchainData(chunks);
    if (error === undefined) expect(await told).toEqual(expected.map(({ data }) => data));
    else await expect(told).rejects.toThrow(error.data);
  }
});

const byteByByte: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      for (const byte of chunk) controller.enqueue(Uint8Array.of(byte));
    },
  });
  return new Response(response.body?.pipeThrough(cut) ?? null, response);
};

test('whole clients read the same text, byte by byte', async () => {
  const question = marker('text', { text: spoken, cut: 'points' });
  const readers = Object.entries(readersOf(on.gateway, byteByByte));
  const told = await Promise.all(
    readers.map(
      async ([name, read]): Promise<readonly [string, Told]> => [name, await read(question, () => undefined)],
    ),
  );
  expect(told.map(([name, { text }]) => [name, text])).toEqual(readers.map(([name]) => [name, spoken]));
});
