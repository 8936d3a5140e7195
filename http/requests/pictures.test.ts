import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../actors/turn.ts';
import { claimedJpeg, dataUrl, gif, jpeg, png, webp } from '../../testkit/pictures.ts';
import { limits } from '../limits.ts';
import { readItems } from './items.ts';
import { readMessages } from './messages.ts';

const small = png({ width: 4, height: 4, noise: true });
const url = dataUrl(small);

const partOf = (part: Json, type = 'input_image'): JsonObject => {
  const [item] = readItems([{ role: 'user', content: [part] }]);
  const [read] = (item?.['content'] ?? []) as JsonObject[];
  expect(read?.['type']).toBe(type);
  return read ?? {};
};
const urlOf = (image_url: Json): Json | undefined => partOf({ type: 'input_image', image_url })['image_url'];

describe('a picture part', () => {
  test.each([
    ['of responses', { type: 'input_image', image_url: url }],
    ['of chat', { type: 'image_url', image_url: { url } }],
    ['of responses in the form of chat', { type: 'input_image', image_url: { url } }],
    ['of chat in the form of responses', { type: 'image_url', image_url: url }],
    ['with members that are null', { type: 'input_image', image_url: url, file_id: null, detail: null }],
  ])('%s reaches the CLI as it takes it, on both endpoints', (_name, part) => {
    const read = { type: 'message', role: 'user', content: [{ type: 'input_image', image_url: url }] };
    expect(readItems([{ role: 'user', content: [part] }])).toEqual([read]);
    expect(readMessages([{ role: 'user', content: [part] }], 'strict')).toEqual([read]);
    expect(readItems([part])).toEqual([read]);
  });

  test.each([
    ['auto', 'auto'],
    ['low', 'auto'],
    ['high', 'high'],
    ['original', 'original'],
  ])('detail %s becomes %s, wherever it stands', (detail, kept) => {
    expect(partOf({ type: 'input_image', image_url: url, detail })['detail']).toBe(kept);
    expect(partOf({ type: 'image_url', image_url: { url, detail } })['detail']).toBe(kept);
  });

  test('in the output of a tool', () => {
    const output = [
      { type: 'input_text', text: 'seen' },
      { type: 'input_image', image_url: url },
    ];
    const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
    expect(readItems([call, { type: 'function_call_output', call_id: 'c', output }])[1]?.['output']).toEqual(output);
    const tool_calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }];
    const messages = [
      { role: 'assistant', tool_calls },
      { role: 'tool', tool_call_id: 'c', content: output },
    ];
    expect(readMessages(messages, 'strict')[1]?.['output']).toEqual(output);
  });

  test('the media type is that of the bytes', () => {
    expect(urlOf(dataUrl(jpeg({ width: 9, height: 9 }), 'image/jpg'))).toMatch(/^data:image\/jpeg;base64,/);
    expect(urlOf(dataUrl(gif, 'application/octet-stream'))).toBe(dataUrl(gif, 'image/gif'));
    expect(urlOf(dataUrl(webp, ''))).toBe(dataUrl(webp, 'image/webp'));
    expect(urlOf(`DATA:image/png;name=a.png;BASE64,${small.toString('base64')}`)).toBe(url);
  });

  test('white space and padding are no matter', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), fc.boolean(), (width, padded) => {
        const lines = small.toString('base64').match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
        const data = padded ? lines.join('\r\n') : lines.join('\n').replaceAll('=', '');
        expect(urlOf(`data:image/png;base64,${data}`)).toBe(url);
      }),
    );
  });

  test('an address is kept, with its place, until it is known what becomes of it', () => {
    const content = ['x', { type: 'image_url', image_url: { url: 'https://a.example/b.png', detail: 'low' } }];
    const remote = {
      type: 'remote_picture',
      url: 'https://a.example/b.png',
      at: 'messages[0].content[1].image_url.url',
      detail: 'auto',
    };
    expect(readMessages([{ role: 'user', content }], 'lenient')[0]?.['content']).toEqual([
      { type: 'input_text', text: 'x' },
      remote,
    ]);
  });
});

const image = (given: Json): JsonObject => ({ type: 'input_image', image_url: given });

test.each<[string, JsonObject, string, string]>([
  ['without an address', { type: 'input_image' }, 'invalid_request_error', 'image_url'],
  ['with an address that is no text', image({ url: 3 }), 'invalid_request_error', 'image_url.url'],
  ['with an unknown detail', { ...image(url), detail: 'huge' }, 'invalid_request_error', 'detail'],
  ['of a file', { type: 'input_image', file_id: 'file_1' }, 'unsupported_value', 'file_id'],
  ['of a file, as assistants have it', { type: 'image_file', image_file: {} }, 'unsupported_value', 'image_file'],
  ['with an address of another kind', image('ftp://a.example/b.png'), 'invalid_image_url', 'image_url'],
  ['with bare base64', image(small.toString('base64')), 'invalid_image_url', 'image_url'],
  ['that is not base64', image('data:image/svg+xml,<svg/>'), 'invalid_base64_image', 'image_url'],
  ['with other characters', image('data:image/png;base64,iVBO*w0KGgo='), 'invalid_base64_image', 'image_url'],
  ['with text after the padding', image(`${url}==AA`), 'invalid_base64_image', 'image_url'],
  ['that is empty', image({ url: 'data:image/png;base64,' }), 'empty_image_file', 'image_url.url'],
  ['that is a PDF', image(dataUrl(Buffer.from('%PDF-1.7\n1 0 obj'))), 'unsupported_image_media_type', 'image_url'],
  ['that is cut off', image(dataUrl(small.subarray(0, -20))), 'image_parse_error', 'image_url'],
  ['of too many pixels', image(dataUrl(claimedJpeg(8_400, 8_000))), 'image_too_large', 'image_url'],
])('a picture %s is refused', (_name, part, code, at) => {
  const param = `input[0].content[1].${at}`;
  const ask = (): unknown => readItems([{ role: 'user', content: ['x', part] }]);
  expect(ask).toThrow(expect.objectContaining({ code, param }));
});

test('a picture of too many bytes is refused', () => {
  const bytes = Buffer.concat([small, Buffer.alloc(limits.pictureBytesMax - small.length + 1)]);
  const at = { code: 'image_file_too_large', param: 'input[0].image_url' };
  expect(() => readItems([image(dataUrl(bytes))])).toThrow(expect.objectContaining(at));
  expect(readItems([image(dataUrl(bytes.subarray(0, -1)))])).toHaveLength(1);
});

test.each([' ', '=', '= ', 'A', 'A '])('base64 of nothing but "%s" and a wrong end is refused in no time', (unit) => {
  const bytes = 20_000_000;
  const start = performance.now();
  const data = `data:image/png;base64,${unit.repeat(bytes / unit.length)}*`;
  const at = expect.objectContaining({ code: 'invalid_base64_image' });
  expect(() => readItems([image(data)])).toThrow(at);
  expect(performance.now() - start).toBeLessThan(5_000);
});

test('the assistant has sent no pictures', () => {
  const at = { code: 'unsupported_value', param: 'input[0].content[0].type' };
  expect(() => readItems([{ role: 'assistant', content: [image(url)] }])).toThrow(expect.objectContaining(at));
});
