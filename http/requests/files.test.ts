import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../actors/turn.ts';
import { readItems } from './items.ts';
import { readMessages } from './messages.ts';

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');
const file = (members: JsonObject): JsonObject => ({ type: 'input_file', ...members });
const read = (part: JsonObject): unknown => readItems([{ role: 'user', content: [part] }])[0]?.['content'];

describe('a file part', () => {
  test('that is text is told with its name, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const file_data = `data:text/plain;base64,${base64(text)}`;
        const told = { type: 'input_text', text: `File a.txt:\n\n${text}` };
        fc.pre(!text.startsWith('\ufeff'));
        expect(read(file({ filename: 'a.txt', file_data }))).toEqual([told]);
        const content = [{ type: 'file', file: { filename: 'a.txt', file_data } }];
        expect(readMessages([{ role: 'user', content }], 'strict')).toEqual([
          { type: 'message', role: 'user', content: [told] },
        ]);
      }),
    );
  });

  test.each<[string, JsonObject]>([
    ['its media type', { file_data: `data:application/json;charset=utf-8;base64,${base64('hi')}` }],
    ['its name', { filename: 'notes.MD', file_data: `data:application/octet-stream;base64,${base64('hi')}` }],
    ['its name alone', { filename: 'main.rs', file_data: base64('hi') }],
    ['a data URL without base64', { file_data: 'data:text/csv,h%69' }],
  ])('is known for text by %s', (_name, members) => {
    expect(read(file(members))).toEqual([{ type: 'input_text', text: expect.stringMatching(/^File .+:\n\nhi$/) }]);
  });

  test('may stand for itself', () => {
    const [message] = readItems([file({ filename: 'a.txt', file_data: base64('hi') })]);
    expect(message).toMatchObject({ role: 'user', content: [{ text: 'File a.txt:\n\nhi' }] });
  });
});

const pdf = `data:application/pdf;base64,${base64('%PDF-1.7')}`;

test.each<[string, JsonObject, string, string]>([
  ['that is kept elsewhere', file({ file_id: 'file_1' }), 'unsupported_value', 'file_id'],
  ['of an address', file({ file_url: 'https://a.example/b.txt' }), 'unsupported_value', 'file_url'],
  ['of chat that is kept elsewhere', { type: 'file', file: { file_id: 'f' } }, 'unsupported_value', 'file.file_id'],
  ['that is no text', file({ filename: 'a.pdf', file_data: pdf }), 'unsupported_value', 'file_data'],
  ['without data', file({ filename: 'a.txt' }), 'invalid_request_error', 'file_data'],
  [
    'that is not UTF-8',
    file({ filename: 'a.txt', file_data: base64(Buffer.of(0xff, 0xfe)) }),
    'unsupported_value',
    'file_data',
  ],
  [
    'that is not base64',
    file({ filename: 'a.txt', file_data: 'data:text/plain;base64,*' }),
    'invalid_request_error',
    'file_data',
  ],
  ['with a broken escape', file({ file_data: 'data:text/plain,%E0%A4%A' }), 'invalid_request_error', 'file_data'],
  ['of sound', { type: 'input_audio', input_audio: { data: '', format: 'wav' } }, 'unsupported_value', 'type'],
  ['of moving pictures', { type: 'input_video' }, 'unsupported_value', 'type'],
])('a file %s is refused', (_name, part, code, at) => {
  const ask = (): unknown => readItems([{ role: 'user', content: [part] }]);
  expect(ask).toThrow(expect.objectContaining({ code, param: `input[0].content[0].${at}` }));
  const chat = (): unknown => readMessages([{ role: 'user', content: [part] }], 'lenient');
  expect(chat).toThrow(expect.objectContaining({ code, param: `messages[0].content[0].${at}` }));
});
