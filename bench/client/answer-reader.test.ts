import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chatDelta, chatHead, chatTail, responsesDelta, responsesHead, responsesTail } from '../frames.ts';
import { stamp } from '../play.ts';
import { AnswerReader } from './answer-reader.ts';

interface Answer {
  readonly bytes: string;
  readonly heard: readonly (string | number)[];
}

const chunked = (status: number, frames: readonly string[]): string => {
  const chunks = frames.map((frame) => `${Buffer.byteLength(frame).toString(16)}\r\n${frame}\r\n`);
  return `HTTP/1.1 ${status} x\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`;
};
const streamOf = (frames: readonly string[], stamps: readonly number[], done: boolean): Answer => ({
  bytes: chunked(200, frames),
  heard: ['head 200', ...stamps, `end ${done}`],
});
const stamps = fc.array(fc.nat({ max: 1e12 }), { maxLength: 6 });
const text = fc.string({ maxLength: 30 }).map((some) => JSON.stringify(some).slice(1, -1));

const responses = fc.tuple(stamps, text).map(([times, filler]) => {
  const deltas = times.map((micros, index) => responsesDelta(stamp(micros) + filler, index + 4));
  const whole = times.map((micros) => stamp(micros) + filler).join('');
  return streamOf([responsesHead, ...deltas, responsesTail(whole, 9)], times, true);
});
const chat = fc.tuple(stamps, text).map(([times, filler]) => {
  const deltas = times.map((micros) => chatDelta(stamp(micros) + filler));
  return streamOf([chatHead, ...deltas, chatTail], times, true);
});
/** As of a server that writes what it has, whatever that is. */
const coalesced = responses.map(({ bytes, heard }) => ({
  bytes: bytes.replaceAll(/\n\n\r\n[1-9a-f][\da-f]*\r\n/g, '\n\n'),
  heard,
}));
const cut = stamps.map((times) =>
  streamOf(
    times.map((micros) => chatDelta(stamp(micros))),
    times,
    false,
  ),
);
const sized = fc.tuple(fc.constantFrom(200, 429, 503), text).map(([status, body]) => ({
  bytes: `HTTP/1.1 ${status} x\r\nContent-Length: ${Buffer.byteLength(body)}\r\nretry-after: 1\r\n\r\n${body}`,
  heard: [`head ${status}`, 'end false'],
}));
const empty = fc.constant({ bytes: chunked(200, []), heard: ['head 200', 'end false'] });

test('answers are read alike wherever their bytes are cut', () => {
  const answers = fc.array(fc.oneof(responses, chat, coalesced, cut, sized, empty), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(answers, fc.array(fc.nat({ max: 5_000 }), { maxLength: 40 }), (all, cuts) => {
      const heard: (string | number)[] = [];
      const reader = new AnswerReader({
        head: (status) => heard.push(`head ${status}`),
        delta: (micros) => heard.push(micros),
        end: (done) => heard.push(`end ${done}`),
      });
      const bytes = Buffer.from(all.map((answer) => answer.bytes).join(''));
      const places = [0, ...cuts.map((at) => at % bytes.length).toSorted((a, b) => a - b), bytes.length];
      for (const [index, from] of places.slice(0, -1).entries()) reader.take(bytes.subarray(from, places[index + 1]));
      expect(heard).toEqual(all.flatMap((answer) => answer.heard));
    }),
  );
});

test('byte by byte', () => {
  fc.assert(
    fc.property(responses, (answer) => {
      const heard: (string | number)[] = [];
      const reader = new AnswerReader({
        head: (status) => heard.push(`head ${status}`),
        delta: (micros) => heard.push(micros),
        end: (done) => heard.push(`end ${done}`),
      });
      for (const byte of Buffer.from(answer.bytes)) reader.take(Buffer.from([byte]));
      expect(heard).toEqual(answer.heard);
    }),
    { numRuns: 10 },
  );
});
