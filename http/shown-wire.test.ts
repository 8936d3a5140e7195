import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fewHeaders, maskedHeaders } from '../transport/shown-headers.ts';
import { createRedactor } from '../transport/redact.ts';
import { shownBody, shownFrames, type WireView } from './shown-wire.ts';

const clear: WireView = { value: (value) => value, text: (text) => text, headers: () => ({}) };
const blind: WireView = { value: () => 'no value', text: () => 'no text', headers: () => ({}) };

test('P-206 a body is JSON where it is short, and the beginning of it where it is not', () => {
  expect(shownBody('{"a":1}', clear, 100)).toEqual({ body: { a: 1 }, body_bytes: 7 });
  expect(shownBody(Buffer.from('{"a":"long"}'), clear, 5)).toEqual({ body: '{"a":', body_bytes: 12, truncated: true });
  expect(shownBody('no json', clear, 100)).toEqual({ body: 'no json', body_bytes: 7 });
  expect(shownBody('{"a":1}', clear, 0)).toEqual({ body: '', body_bytes: 7, truncated: true });
});

test('P-206 no more than the limit is shown, in whatever spelling, and nothing but what the view lets through', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 2_000 }), fc.nat(300), fc.boolean(), (text, max, isJson) => {
      const body = isJson ? JSON.stringify({ text }) : text;
      for (const form of [body, Buffer.from(body)]) {
        const { body: shown, body_bytes: bytes } = shownBody(form, clear, max);
        const size = Buffer.byteLength(typeof shown === 'string' ? shown : JSON.stringify(shown));
        expect([size <= max, bytes]).toEqual([true, Buffer.byteLength(body)]);
        const hidden = shownBody(form, blind, max)['body'] as string;
        expect(['no value', '"no value"', 'no text'].some((one) => one.startsWith(hidden))).toBe(true);
      }
    }),
  );
});

test('P-206 a body that is very long is not read as JSON', () => {
  const body = JSON.stringify({ text: 'x'.repeat(1_000_000) });
  expect(shownBody(body, blind, 10)).toEqual({ body: 'no text', body_bytes: body.length, truncated: true });
});

test('P-206 of the frames in a chunk, so many are shown as there is room for', () => {
  const chunk = 'event: a.b\ndata: {"x":1}\n\n: keepalive 3\n\ndata: [DONE]\n\n';
  const frames = [{ event: 'a.b', data: { x: 1 } }, { comment: 'keepalive' }, { data: '[DONE]' }];
  expect(shownFrames(chunk, clear, 100)).toEqual({ frames, frame_count: 3 });
  expect(shownFrames(chunk, clear, 10)).toEqual({ frames: frames.slice(0, 2), frame_count: 3, truncated: true });
  const half = 'event: words are no name\ndata: {"cut';
  expect(shownFrames(half, blind, 100)).toEqual({ frames: [{ data: 'no text' }], frame_count: 1 });
});

test('P-205 P-206 no piece of a secret is left where a body, a frame or a header is cut', () => {
  const secret = 'not-to-be-seen-by-anybody';
  const { text, value } = createRedactor({ secrets: [secret], textCharsMax: 50 });
  const view: WireView = { value, text, headers: () => ({}) };
  fc.assert(
    fc.property(fc.nat(80), fc.nat(60), (before, max) => {
      const body = `${'x'.repeat(before)}${secret}${'y'.repeat(100)}`;
      const shown = [
        shownBody(body, view, max),
        shownBody(Buffer.from(body), view, max),
        shownBody(Buffer.from(JSON.stringify({ body: body.padEnd(300_000) })), view, max),
        shownFrames(`data: ${body}\n\n`, view, max),
        maskedHeaders([['x-some', `${'x'.repeat(2_048 - before)}${secret}`]], text),
        fewHeaders([['user-agent', `${'x'.repeat(256 - before)}${secret}`]], text),
      ];
      expect(JSON.stringify(shown)).not.toContain(secret.slice(0, 4));
    }),
  );
});
